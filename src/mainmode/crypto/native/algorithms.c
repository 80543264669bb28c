/* Hashes and ciphers by the names that Python's side has for them. */
#include "algorithms.h"

#include <string.h>

static const struct digest digests[] = {
    {"md5", 64, 16, &libcrypto.MD5_Init, &libcrypto.MD5_Update, &libcrypto.MD5_Final},
    {"sha1", 64, 20, &libcrypto.SHA1_Init, &libcrypto.SHA1_Update, &libcrypto.SHA1_Final},
    {"sha256", 64, 32, &libcrypto.SHA256_Init, &libcrypto.SHA256_Update, &libcrypto.SHA256_Final},
    {"sha384", 128, 48, &libcrypto.SHA384_Init, &libcrypto.SHA384_Update, &libcrypto.SHA384_Final},
    {"sha512", 128, 64, &libcrypto.SHA512_Init, &libcrypto.SHA512_Update, &libcrypto.SHA512_Final},
};

const struct digest *digest_named(const char *name)
{
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
        if (strcmp(digests[i].name, name) == 0)
            return &digests[i];
    return NULL;
}

const EVP_CIPHER *cbc_named(const char *name, size_t key, size_t *block)
{
    if (strcmp(name, "AES") == 0) {
        *block = 16;
        return key == 16   ? libcrypto.EVP_aes_128_cbc()
               : key == 24 ? libcrypto.EVP_aes_192_cbc()
               : key == 32 ? libcrypto.EVP_aes_256_cbc()
                           : NULL;
    }
    *block = 8;
    if ((strcmp(name, "DES") == 0 && key == 8) || (strcmp(name, "3DES") == 0 && key == 24))
        return libcrypto.EVP_des_ede3_cbc();
    return NULL;
}
