/* The functions of libcrypto that the parts of the helper call, with prototypes of our own: no header of OpenSSL is needed
 * to build. The library is the one that Python's own `_hashlib` stands on, found by it at run time. A part that needs more
 * adds lines to LIBCRYPTO_FUNCTIONS and calls `libcrypto.NAME(…)`. All of them are in OpenSSL 1.1.1 and 3.
 */
#ifndef MAINMODE_LIBCRYPTO_H
#define MAINMODE_LIBCRYPTO_H

#include <stddef.h>

typedef struct evp_cipher_st EVP_CIPHER;
typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
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
    X(int, CRYPTO_memcmp, (const void *, const void *, size_t))                                                         \
    X(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, (void))                                                                     \
    X(void, EVP_CIPHER_CTX_free, (EVP_CIPHER_CTX *))                                                                    \
    X(int, EVP_CIPHER_CTX_set_padding, (EVP_CIPHER_CTX *, int))                                                         \
    X(int, EVP_CIPHER_CTX_ctrl, (EVP_CIPHER_CTX *, int, int, void *))                                                   \
    X(int, EVP_CipherInit_ex,                                                                                           \
      (EVP_CIPHER_CTX *, const EVP_CIPHER *, void *, const unsigned char *, const unsigned char *, int))                \
    X(int, EVP_CipherUpdate, (EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int))                    \
    X(int, EVP_CipherFinal_ex, (EVP_CIPHER_CTX *, unsigned char *, int *))                                              \
    X(const EVP_CIPHER *, EVP_aes_128_cbc, (void))                                                                      \
    X(const EVP_CIPHER *, EVP_aes_192_cbc, (void))                                                                      \
    X(const EVP_CIPHER *, EVP_aes_256_cbc, (void))                                                                      \
    X(const EVP_CIPHER *, EVP_aes_128_gcm, (void))                                                                      \
    X(const EVP_CIPHER *, EVP_aes_192_gcm, (void))                                                                      \
    X(const EVP_CIPHER *, EVP_aes_256_gcm, (void))                                                                      \
    X(const EVP_CIPHER *, EVP_des_ede3_cbc, (void))                                                                     \
    X(int, MD5_Init, (void *))                                                                                          \
    X(int, MD5_Update, (void *, const void *, size_t))                                                                  \
    X(int, MD5_Final, (unsigned char *, void *))                                                                        \
    X(int, SHA1_Init, (void *))                                                                                         \
    X(int, SHA1_Update, (void *, const void *, size_t))                                                                 \
    X(int, SHA1_Final, (unsigned char *, void *))                                                                       \
    X(int, SHA256_Init, (void *))                                                                                       \
    X(int, SHA256_Update, (void *, const void *, size_t))                                                               \
    X(int, SHA256_Final, (unsigned char *, void *))                                                                     \
    X(int, SHA384_Init, (void *))                                                                                       \
    X(int, SHA384_Update, (void *, const void *, size_t))                                                               \
    X(int, SHA384_Final, (unsigned char *, void *))                                                                     \
    X(int, SHA512_Init, (void *))                                                                                       \
    X(int, SHA512_Update, (void *, const void *, size_t))                                                               \
    X(int, SHA512_Final, (unsigned char *, void *))                                                                     \
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
