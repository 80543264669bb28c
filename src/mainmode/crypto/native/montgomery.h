/* Numbers modulo one odd modulus in Montgomery's form (P. Montgomery, "Modular multiplication without trial division",
 * 1985): x is kept as x * R, R a power of two. No branch and no address depends on a number but the modulus.
 */
#ifndef MAINMODE_MONTGOMERY_H
#define MAINMODE_MONTGOMERY_H

#include <stddef.h>
#include <stdint.h>

/* Octets of the largest modulus: that of group 16. */
#define MODULUS_OCTETS 512
/* Words of the largest number: 79 limbs of 52 bits in whole vectors of eight. */
#define WORDS 80

__extension__ typedef unsigned __int128 uint128;

/* A number, the least significant limb first. Limbs have `radix` bits; words above them are zero. */
typedef struct {
    _Alignas(64) uint64_t words[WORDS];
} number;

struct modulus {
    int octets; /* of the modulus, without leading zeros */
    int radix;  /* 64, or 52 where the processor multiplies vectors of 52 bits */
    int limbs;
    int words; /* that a number takes: its limbs, with 52 bits rounded up to whole vectors */
    uint64_t inverse; /* -1 / modulus, modulo 2 ** 64 */
    number value;
    number one;    /* R */
    number square; /* R * R */
    /* result = a * b / R; all may be the same. With 64 bits of limbs what comes is below the modulus, with 52 bits below
     * twice the modulus, and so may a and b be.
     */
    void (*multiply)(const struct modulus *self, number *result, const number *a, const number *b);
    /* result = table[index] of 2 ** bits, all of which are read. */
    void (*select)(const struct modulus *self, number *result, const uint64_t *table, unsigned bits, unsigned index);
};

/* Prepares an odd modulus of three or more without leading zeros, at most MODULUS_OCTETS. `wide`: vectors of 52 bits may be
 * used, where the processor has them and the modulus is of a size and form that they serve.
 */
void modulus_prepare(struct modulus *self, const unsigned char *octets, int length, int wide);

/* base ** exponent, as `self->octets` octets, where the radix is 52; the base has at most as many octets. */
void modulus_power(const struct modulus *self, unsigned char *result, const unsigned char *base, size_t base_length,
                   const unsigned char *exponent, size_t exponent_length);

/* Powers of one base by a comb (C. H. Lim and P. J. Lee, "More flexible exponentiation with precomputation", 1994): the
 * bits of an exponent in COMB_TEETH rows, its columns in COMB_BLOCKS blocks, each with a table of all sums of its rows.
 */
#define COMB_TEETH 5
#define COMB_BLOCKS 4

struct comb {
    const struct modulus *modulus;
    size_t exponent_length; /* octets of the longest exponent */
    unsigned columns;       /* of a block */
    uint64_t *table;        /* COMB_BLOCKS * 2 ** COMB_TEETH numbers of modulus->words words, aligned to 64 octets */
};

/* Octets of the table. */
size_t comb_size(const struct modulus *modulus);

/* Fills the table, which the caller has set, for a base below 256. */
void comb_prepare(struct comb *self, unsigned char base);

/* base ** exponent, as octets of the modulus's length; the exponent has at most exponent_length octets. */
void comb_power(const struct comb *self, unsigned char *result, const unsigned char *exponent, size_t length);

/* In wide.c: whether the processor multiplies vectors of 52 bits (AVX-512 IFMA); and sets a modulus's functions for its
 * limbs, 0 where there are none for that size.
 */
int wide_here(void);
int wide_choose(struct modulus *self);

#endif
