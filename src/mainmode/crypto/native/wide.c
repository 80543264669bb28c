/* Montgomery's multiplication with limbs of 52 bits, eight in a vector, by AVX-512 IFMA (after S. Gueron and V. Krasnov,
 * "Software implementation of modular exponentiation, using advanced vector instructions architectures", 2012).
 */
#include "montgomery.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512ifma,bmi2")))
#define INLINE static inline __attribute__((always_inline)) WIDE
#define LIMB ((UINT64_C(1) << 52) - 1)
#define MOST_VECTORS (WORDS / 8)

/* Carries among limbs of at most 63 bits, and the result stored. */
INLINE void normalise(uint64_t *result, __m512i *sums, int vectors)
{
    const __m512i limb = _mm512_set1_epi64((long long)LIMB), one = _mm512_set1_epi64(1);
    __m512i below = _mm512_setzero_si512();
    uint128 above = 0, full = 0;
    /* What stands above 52 bits goes to the next limb: then each has a carry of one at most. */
    for (int i = 0; i < vectors; i++) {
        __m512i carry = _mm512_srli_epi64(sums[i], 52);
        sums[i] = _mm512_add_epi64(_mm512_and_si512(sums[i], limb), _mm512_alignr_epi64(carry, below, 7));
        below = carry;
        above |= (uint128)_mm512_cmpgt_epu64_mask(sums[i], limb) << 8 * i;
        full |= (uint128)_mm512_cmpeq_epu64_mask(sums[i], limb) << 8 * i;
    }
    /* A carry runs through limbs that are full: an addition of their bits does just that. */
    uint128 raised = full ^ (full + (above << 1));
    for (int i = 0; i < vectors; i++) {
        sums[i] = _mm512_mask_add_epi64(sums[i], (__mmask8)(raised >> 8 * i), sums[i], one);
        _mm512_store_si512(result + 8 * i, _mm512_and_si512(sums[i], limb));
    }
}

/* One limb of b after the other: sums += a * limb, sums += modulus * quotient, and the lowest limb, zero now, is dropped.
 * The two lowest limbs that the next quotients depend on are kept in words beside the vectors. The modulus's lowest limb
 * is all ones: the quotient is the lowest limb itself, and its product is carried as (limb >> 52) + quotient.
 */
INLINE void multiply(const struct modulus *self, number *result, const number *a, const number *b, int vectors)
{
    const __m512i zero = _mm512_setzero_si512();
    __m512i sums[MOST_VECTORS], others[MOST_VECTORS], factors[MOST_VECTORS], moduli[MOST_VECTORS];
    uint64_t a0 = a->words[0], a1 = a->words[1], a2 = a->words[2];
    uint64_t m1 = self->value.words[1], m2 = self->value.words[2];
    uint64_t lowest = 0, second = 0;
    int limbs = self->limbs;
    for (int i = 0; i < vectors; i++) {
        sums[i] = others[i] = zero;
        factors[i] = _mm512_load_si512(a->words + 8 * i);
        moduli[i] = _mm512_load_si512(self->value.words + 8 * i);
    }
    for (int k = 0; k < limbs; k++) {
        uint64_t limb = b->words[k];
        __m512i limb_everywhere = _mm512_set1_epi64((long long)limb);
        __m128i thirds = _mm_add_epi64(_mm512_extracti32x4_epi32(sums[0], 1), _mm512_extracti32x4_epi32(others[0], 1));
        uint64_t third = (uint64_t)_mm_cvtsi128_si64(thirds);
        uint128 low = (uint128)a0 * limb + lowest;
        uint64_t quotient = (uint64_t)low & LIMB;
        __m512i quotient_everywhere = _mm512_set1_epi64((long long)quotient);
        uint128 next = (uint128)a1 * limb + (uint128)m1 * quotient + ((uint64_t)(low >> 52) + quotient + second);
        lowest = (uint64_t)next & LIMB;
        second = (uint64_t)(next >> 52) + third + (a2 * limb & LIMB) + (m2 * quotient & LIMB);
        for (int i = 0; i < vectors; i++) {
            others[i] = _mm512_madd52lo_epu64(others[i], factors[i], limb_everywhere);
            sums[i] = _mm512_madd52lo_epu64(sums[i], moduli[i], quotient_everywhere);
        }
        for (int i = 0; i < vectors; i++) {
            others[i] = _mm512_alignr_epi64(i + 1 < vectors ? others[i + 1] : zero, others[i], 1);
            sums[i] = _mm512_alignr_epi64(i + 1 < vectors ? sums[i + 1] : zero, sums[i], 1);
        }
        for (int i = 0; i < vectors; i++) {
            others[i] = _mm512_madd52hi_epu64(others[i], factors[i], limb_everywhere);
            sums[i] = _mm512_madd52hi_epu64(sums[i], moduli[i], quotient_everywhere);
        }
    }
    for (int i = 0; i < vectors; i++)
        sums[i] = _mm512_add_epi64(sums[i], others[i]);
    sums[0] = _mm512_mask_set1_epi64(sums[0], 1, (long long)lowest);
    sums[0] = _mm512_mask_set1_epi64(sums[0], 2, (long long)second);
    normalise(result->words, sums, vectors);
}

INLINE void choose(number *result, const uint64_t *table, unsigned bits, unsigned index, int vectors)
{
    __m512i found[MOST_VECTORS];
    const __m512i wanted = _mm512_set1_epi64(index);
    for (int i = 0; i < vectors; i++)
        found[i] = _mm512_setzero_si512();
    for (unsigned entry = 0; entry >> bits == 0; entry++, table += 8 * vectors) {
        __mmask8 same = _mm512_cmpeq_epi64_mask(wanted, _mm512_set1_epi64(entry));
        for (int i = 0; i < vectors; i++)
            found[i] = _mm512_mask_mov_epi64(found[i], same, _mm512_load_si512(table + 8 * i));
    }
    for (int i = 0; i < vectors; i++)
        _mm512_store_si512(result->words + 8 * i, found[i]);
}

/* The sizes of IKE's groups 1, 2, 5, 14, 15 and 16, each unrolled. */
#define FOR_EACH_SIZE(X) X(2) X(3) X(4) X(5) X(8) X(10)

#define FUNCTIONS(vectors)                                                                                              \
    WIDE static void multiply_##vectors(const struct modulus *self, number *result, const number *a, const number *b)    \
    {                                                                                                                   \
        multiply(self, result, a, b, vectors);                                                                          \
    }                                                                                                                   \
    WIDE static void choose_##vectors(const struct modulus *self, number *result, const uint64_t *table, unsigned bits, \
                                      unsigned index)                                                                   \
    {                                                                                                                   \
        (void)self;                                                                                                     \
        choose(result, table, bits, index, vectors);                                                                    \
    }
FOR_EACH_SIZE(FUNCTIONS)

int wide_here(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("bmi2");
}

int wide_choose(struct modulus *self)
{
    if (!wide_here())
        return 0;
    switch (self->words / 8) {
#define CASE(vectors)                                                                                                   \
    case vectors:                                                                                                       \
        self->multiply = multiply_##vectors;                                                                            \
        self->select = choose_##vectors;                                                                                \
        return 1;
        FOR_EACH_SIZE(CASE)
    default:
        return 0;
    }
}

#else

int wide_here(void)
{
    return 0;
}

int wide_choose(struct modulus *self)
{
    (void)self;
    return 0;
}

#endif
