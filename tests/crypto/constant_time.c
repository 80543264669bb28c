/* Powers by the compiled helper's own arithmetic, with an exponent that memcheck is told is undefined: it then complains about
 * every branch and every address that depends on it (A. Langley's ctgrind). `leak` as argument branches on it on purpose.
 */
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "libcrypto.h"
#include "montgomery.h"

struct libcrypto libcrypto;

static void cleanse(void *octets, size_t length)
{
    memset(octets, 0, length);
}

int main(int count, char **arguments)
{
    static struct modulus modulus;
    static _Alignas(64) uint64_t table[(COMB_BLOCKS << COMB_TEETH) * WORDS];
    unsigned char prime[256], base[256], exponent[32], result[256];
    struct comb comb = {&modulus, sizeof exponent, 0, table};
    (void)arguments;
    libcrypto.OPENSSL_cleanse = cleanse;
    memset(prime, 0xff, sizeof prime);
    memset(base, 0x5a, sizeof base);
    memset(exponent, 0xc3, sizeof exponent);
    prime[100] = 0x12;
    modulus_prepare(&modulus, prime, sizeof prime, 1);
    comb_prepare(&comb, 2);
    VALGRIND_MAKE_MEM_UNDEFINED(exponent, sizeof exponent);
    if (count > 1 && exponent[7] & 1)
        puts("leaked");
    comb_power(&comb, result, exponent, sizeof exponent);
    VALGRIND_MAKE_MEM_DEFINED(result, sizeof result);
    printf("%d %02x%02x", modulus.radix, result[0], result[255]);
    modulus_power(&modulus, result, base, sizeof base, exponent, sizeof exponent);
    VALGRIND_MAKE_MEM_DEFINED(result, sizeof result);
    printf(" %02x%02x\n", result[0], result[255]);
    return 0;
}
