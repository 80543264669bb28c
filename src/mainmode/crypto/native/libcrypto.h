/* The functions of libcrypto that the parts of the helper call, with prototypes of our own: no header of OpenSSL is needed
 * to build. The library is the one that Python's own `_hashlib` stands on, found by it at run time. A part that needs more
 * adds lines to LIBCRYPTO_FUNCTIONS and calls `libcrypto.NAME(…)`. All of them are in OpenSSL 1.1.1 and 3.
 */
#ifndef MAINMODE_LIBCRYPTO_H
#define MAINMODE_LIBCRYPTO_H

#include <stddef.h>

typedef struct bignum_st BIGNUM;
typedef struct bignum_ctx BN_CTX;
typedef struct bn_mont_ctx_st BN_MONT_CTX;

#define BN_FLG_CONSTTIME 4

/* X(result, name, parameters) */
#define LIBCRYPTO_FUNCTIONS(X)                                                                                          \
    X(void, OPENSSL_cleanse, (void *, size_t))                                                                          \
    X(BN_CTX *, BN_CTX_secure_new, (void))                                                                              \
    X(void, BN_CTX_free, (BN_CTX *))                                                                                    \
    X(BN_MONT_CTX *, BN_MONT_CTX_new, (void))                                                                           \
    X(int, BN_MONT_CTX_set, (BN_MONT_CTX *, const BIGNUM *, BN_CTX *))                                                  \
    X(void, BN_MONT_CTX_free, (BN_MONT_CTX *))                                                                          \
    X(BIGNUM *, BN_new, (void))                                                                                         \
    X(void, BN_clear_free, (BIGNUM *))                                                                                  \
    X(BIGNUM *, BN_bin2bn, (const unsigned char *, int, BIGNUM *))                                                      \
    X(int, BN_bn2binpad, (const BIGNUM *, unsigned char *, int))                                                        \
    X(void, BN_set_flags, (BIGNUM *, int))                                                                              \
    X(int, BN_mod_exp_mont_consttime,                                                                                   \
      (BIGNUM *, const BIGNUM *, const BIGNUM *, const BIGNUM *, BN_CTX *, BN_MONT_CTX *))

struct libcrypto {
#define X(result, name, parameters) result(*name) parameters;
    LIBCRYPTO_FUNCTIONS(X)
#undef X
};

extern struct libcrypto libcrypto;

/* Finds the library and all of its functions. 0, or -1 with ImportError set. */
int libcrypto_load(void);

#endif
