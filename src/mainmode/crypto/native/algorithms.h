/* Hashes and ciphers by the names that Python's side has for them. */
#ifndef MAINMODE_ALGORITHMS_H
#define MAINMODE_ALGORITHMS_H

#include <stddef.h>

#include "libcrypto.h"

/* Octets of the largest context of a hash in libcrypto (SHA-512: 216), and more. */
#define HASH_CONTEXT 512
#define LONGEST_DIGEST 64
#define LONGEST_MAC_BLOCK 128

union hash {
    unsigned char octets[HASH_CONTEXT];
    max_align_t aligned;
};

/* A hash: octets of a block and of what comes out, and libcrypto's three steps. */
struct digest {
    const char *name;
    size_t block, length;
    int (**init)(void *);
    int (**update)(void *, const void *, size_t);
    int (**final)(unsigned char *, void *);
};

/* The hash by hashlib's name; NULL for one that is not there. */
const struct digest *digest_named(const char *name);

/* The cipher AES, DES or 3DES in CBC mode with a key of so many octets, and the octets of its block; NULL for none.
 * libcrypto has no single DES where it has no old algorithms: it is 3DES with its key three times.
 */
const EVP_CIPHER *cbc_named(const char *name, size_t key, size_t *block);

#endif
