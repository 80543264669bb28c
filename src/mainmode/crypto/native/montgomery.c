/* Montgomery's numbers with limbs of 64 bits, and what is the same for any limbs: powers and combs. */
#include "montgomery.h"

#include <string.h>

#include "libcrypto.h"

/* A mask of all ones where a bit is 1, and of zeros where it is 0; the compiler must not make a branch of it. */
static uint64_t mask_of(uint64_t bit)
{
    uint64_t mask = 0 - bit;
    __asm__("" : "+r"(mask));
    return mask;
}

static uint64_t limb_mask(const struct modulus *self)
{
    return self->radix == 64 ? UINT64_MAX : (UINT64_C(1) << self->radix) - 1;
}

/* number -= modulus where it is not below; `high` is what stands above its limbs. */
static void reduce_once(const struct modulus *self, uint64_t *limbs, uint64_t high)
{
    uint64_t less[WORDS], borrow = 0, limb = limb_mask(self);
    for (int i = 0; i < self->limbs; i++) {
        uint128 difference = (uint128)limbs[i] - self->value.words[i] - borrow;
        less[i] = (uint64_t)difference & limb;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    /* Below the modulus: something was borrowed that `high` does not pay. */
    uint64_t keep = mask_of(borrow & (high ^ 1));
    for (int i = 0; i < self->limbs; i++)
        limbs[i] = (limbs[i] & keep) | (less[i] & ~keep);
}

/* Row by row, each followed by one step of the reduction ("coarsely integrated operand scanning"). */
static void multiply(const struct modulus *self, number *result, const number *a, const number *b)
{
    uint64_t sum[WORDS + 1] = {0};
    int limbs = self->limbs;
    for (int i = 0; i < limbs; i++) {
        uint64_t factor = b->words[i];
        uint128 product = (uint128)a->words[0] * factor + sum[0];
        uint64_t quotient = (uint64_t)product * self->inverse;
        uint128 reduced = (uint128)self->value.words[0] * quotient + (uint64_t)product;
        product >>= 64;
        reduced >>= 64;
        for (int j = 1; j < limbs; j++) {
            product += (uint128)a->words[j] * factor + sum[j];
            reduced += (uint128)self->value.words[j] * quotient + (uint64_t)product;
            product >>= 64;
            sum[j - 1] = (uint64_t)reduced;
            reduced >>= 64;
        }
        reduced += product + sum[limbs];
        sum[limbs - 1] = (uint64_t)reduced;
        sum[limbs] = (uint64_t)(reduced >> 64);
    }
    reduce_once(self, sum, sum[limbs]);
    memcpy(result->words, sum, (size_t)limbs * sizeof *sum);
}

static void select_entry(const struct modulus *self, number *result, const uint64_t *table, unsigned bits, unsigned index)
{
    int words = self->words;
    memset(result->words, 0, (size_t)words * sizeof *table);
    for (unsigned entry = 0; entry >> bits == 0; entry++, table += words) {
        uint64_t differs = entry ^ index;
        uint64_t chosen = mask_of(((differs - 1) & ~differs) >> 63);
        for (int i = 0; i < words; i++)
            result->words[i] |= table[i] & chosen;
    }
}

static void from_octets(const struct modulus *self, number *result, const unsigned char *octets, size_t length)
{
    uint128 held = 0;
    int bits = 0, word = 0;
    memset(result, 0, sizeof *result);
    while (length > 0) {
        held |= (uint128)octets[--length] << bits;
        for (bits += 8; bits >= self->radix || (length == 0 && bits > 0); bits -= self->radix) {
            if (word < self->limbs)
                result->words[word++] = (uint64_t)held & limb_mask(self);
            held >>= self->radix;
        }
    }
}

/* A number below the modulus as octets of the modulus's length. */
static void to_octets(const struct modulus *self, unsigned char *octets, const number *value)
{
    uint128 held = 0;
    int bits = 0, word = 0;
    for (int i = self->octets; i-- > 0; held >>= 8, bits -= 8) {
        if (bits < 8) {
            held |= (uint128)value->words[word++] << bits;
            bits += self->radix;
        }
        octets[i] = (unsigned char)held;
    }
}

/* value * 2 modulo the modulus. */
static void twice(const struct modulus *self, number *value)
{
    uint64_t carry = 0, limb = limb_mask(self);
    for (int i = 0; i < self->limbs; i++) {
        uint128 sum = ((uint128)value->words[i] << 1) + carry;
        value->words[i] = (uint64_t)sum & limb;
        carry = (uint64_t)(sum >> self->radix);
    }
    reduce_once(self, value->words, carry);
}

void modulus_prepare(struct modulus *self, const unsigned char *octets, int length, int wide)
{
    memset(self, 0, sizeof *self);
    self->octets = length;
    /* 52 bits at a time: where the lowest limb is all ones, which saves a multiplication, as in all of IKE's groups; and
     * with two bits to spare, so that nothing has to be compared with the modulus on the way.
     */
    self->radix = 52;
    self->limbs = (8 * length + 2 + 51) / 52;
    self->words = (self->limbs + 7) / 8 * 8;
    from_octets(self, &self->value, octets, (size_t)length);
    if (!wide || octets[0] >> 7 == 0 || self->value.words[0] != limb_mask(self) || !wide_choose(self)) {
        self->radix = 64;
        self->limbs = self->words = (length + 7) / 8;
        self->multiply = multiply;
        self->select = select_entry;
        from_octets(self, &self->value, octets, (size_t)length);
    }
    /* Newton: each step doubles the bits that are right, of which an odd number's own inverse has three. */
    uint64_t inverse = self->value.words[0];
    for (int right = 3; right < 64; right *= 2)
        inverse *= 2 - self->value.words[0] * inverse;
    self->inverse = 0 - inverse;
    number power = {{1}};
    for (int i = 0; i < 2 * self->radix * self->limbs; i++) {
        if (i == self->radix * self->limbs)
            self->one = power;
        twice(self, &power);
    }
    self->square = power;
}

static void to_form(const struct modulus *self, number *result, const unsigned char *octets, size_t length)
{
    from_octets(self, result, octets, length);
    self->multiply(self, result, result, &self->square);
}

static void from_form(const struct modulus *self, unsigned char *octets, number *value)
{
    static const number plain_one = {{1}};
    self->multiply(self, value, value, &plain_one);
    reduce_once(self, value->words, 0);
    to_octets(self, octets, value);
}

/* Overwrites two numbers, and what calls have left on the stack below here. */
__attribute__((noinline)) static void burn(number *power, number *entry)
{
    unsigned char below[4096];
    libcrypto.OPENSSL_cleanse(power, sizeof *power);
    libcrypto.OPENSSL_cleanse(entry, sizeof *entry);
    libcrypto.OPENSSL_cleanse(below, sizeof below);
}

static void store(const struct modulus *self, uint64_t *table, unsigned entry, const number *value)
{
    memcpy(table + (size_t)entry * (size_t)self->words, value->words, (size_t)self->words * sizeof *table);
}

void modulus_power(const struct modulus *self, unsigned char *result, const unsigned char *base, size_t base_length,
                   const unsigned char *exponent, size_t exponent_length)
{
    _Alignas(64) uint64_t table[16 * WORDS];
    number power = self->one, entry;
    to_form(self, &entry, base, base_length);
    for (unsigned i = 0; i < 16; i++) {
        store(self, table, i, &power);
        self->multiply(self, &power, &power, &entry);
    }
    /* Four bits of the exponent at a time. */
    power = self->one;
    for (size_t i = 0; i < 2 * exponent_length; i++) {
        for (int square = 0; square < 4 && i > 0; square++)
            self->multiply(self, &power, &power, &power);
        self->select(self, &entry, table, 4, (exponent[i / 2] >> (i % 2 ? 0 : 4)) & 15U);
        self->multiply(self, &power, &power, &entry);
    }
    from_form(self, result, &power);
    burn(&power, &entry);
}

/* Columns of a block: those of all rows, shared out. */
static unsigned columns_of(size_t exponent_length)
{
    size_t row = (8 * exponent_length + COMB_TEETH - 1) / COMB_TEETH;
    return (unsigned)((row + COMB_BLOCKS - 1) / COMB_BLOCKS);
}

size_t comb_size(const struct modulus *modulus)
{
    return ((size_t)COMB_BLOCKS << COMB_TEETH) * (size_t)modulus->words * sizeof(uint64_t);
}

void comb_prepare(struct comb *self, unsigned char base)
{
    const struct modulus *modulus = self->modulus;
    size_t block_words = ((size_t)1 << COMB_TEETH) * (size_t)modulus->words;
    number power, entry;
    self->columns = columns_of(self->exponent_length);
    to_form(modulus, &power, &base, 1);
    /* `power` goes through base ** 2 ** i for the lowest bit of each block of each row. */
    for (unsigned row = 0; row < COMB_TEETH; row++) {
        for (unsigned block = 0; block < COMB_BLOCKS; block++) {
            uint64_t *table = self->table + block * block_words;
            if (row == 0)
                store(modulus, table, 0, &modulus->one);
            memset(&entry, 0, sizeof entry);
            for (unsigned i = 0; i < 1U << row; i++) {
                memcpy(entry.words, table + (size_t)i * (size_t)modulus->words,
                       (size_t)modulus->words * sizeof *table);
                modulus->multiply(modulus, &entry, &entry, &power);
                store(modulus, table, i | 1U << row, &entry);
            }
            for (unsigned i = 0; i < self->columns; i++)
                modulus->multiply(modulus, &power, &power, &power);
        }
    }
}

/* A bit of the exponent, the lowest first; 0 above its end. */
static unsigned bit_of(const unsigned char *exponent, size_t length, size_t bit)
{
    return bit / 8 < length ? exponent[length - 1 - bit / 8] >> (bit % 8) & 1U : 0;
}

void comb_power(const struct comb *self, unsigned char *result, const unsigned char *exponent, size_t length)
{
    const struct modulus *modulus = self->modulus;
    size_t block_words = ((size_t)1 << COMB_TEETH) * (size_t)modulus->words;
    number power = modulus->one, entry;
    for (unsigned column = self->columns; column-- > 0;) {
        modulus->multiply(modulus, &power, &power, &power);
        for (unsigned block = 0; block < COMB_BLOCKS; block++) {
            unsigned index = 0;
            for (unsigned row = 0; row < COMB_TEETH; row++) {
                size_t bit = ((size_t)row * COMB_BLOCKS + block) * self->columns + column;
                index |= bit_of(exponent, length, bit) << row;
            }
            modulus->select(modulus, &entry, self->table + block * block_words, COMB_TEETH, index);
            modulus->multiply(modulus, &power, &power, &entry);
        }
    }
    from_form(modulus, result, &power);
    burn(&power, &entry);
}
