/* What IKE's messages and keys are made with: the prf, and CBC of whole messages. Nothing is kept between two calls, and what
 * a call made of a key is overwritten.
 */
#include "native.h"

#include <string.h>

#include "algorithms.h"

/* Octets of a part or a message, whoever it comes from. */
#define LONGEST (1 << 24)

/* Feeds octets of Python's to a hash; 0 with an error set where there are none. */
static int feed(const struct digest *digest, union hash *hash, PyObject *part)
{
    Py_buffer octets;
    if (PyObject_GetBuffer(part, &octets, PyBUF_SIMPLE) < 0)
        return 0;
    (*digest->update)(hash, octets.buf, (size_t)octets.len);
    PyBuffer_Release(&octets);
    return 1;
}

/* The key as it fills a block (RFC 2104); 0 with an error set where it is no octets. */
static int key_block(const struct digest *digest, union hash *hash, PyObject *key, unsigned char *block)
{
    Py_buffer octets;
    if (PyObject_GetBuffer(key, &octets, PyBUF_SIMPLE) < 0)
        return 0;
    if ((size_t)octets.len > digest->block) {
        (*digest->init)(hash);
        (*digest->update)(hash, octets.buf, (size_t)octets.len);
        (*digest->final)(block, hash);
    } else if (octets.len > 0) {
        memcpy(block, octets.buf, (size_t)octets.len);
    }
    PyBuffer_Release(&octets);
    return 1;
}

/* HMAC of the parts one behind the other; 0 with an error set where one is no octets. */
static int mac(const struct digest *digest, PyObject *key, PyObject *const *parts, Py_ssize_t count, unsigned char *found)
{
    union hash hash;
    unsigned char pad[LONGEST_MAC_BLOCK] = {0};
    int done = key_block(digest, &hash, key, pad);
    for (size_t i = 0; i < digest->block; i++)
        pad[i] ^= 0x36;
    (*digest->init)(&hash);
    (*digest->update)(&hash, pad, digest->block);
    for (Py_ssize_t i = 0; done && i < count; i++)
        done = feed(digest, &hash, parts[i]);
    (*digest->final)(found, &hash);
    for (size_t i = 0; i < digest->block; i++)
        pad[i] ^= 0x36 ^ 0x5C;
    (*digest->init)(&hash);
    (*digest->update)(&hash, pad, digest->block);
    (*digest->update)(&hash, found, digest->length);
    (*digest->final)(found, &hash);
    libcrypto.OPENSSL_cleanse(pad, sizeof pad);
    libcrypto.OPENSSL_cleanse(&hash, sizeof hash);
    return done;
}

static PyObject *native_prf(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    unsigned char found[LONGEST_DIGEST];
    PyObject *octets = NULL;
    (void)module;
    if (count < 2) {
        PyErr_SetString(PyExc_TypeError, "prf takes a hash, a key, and octets");
        return NULL;
    }
    const char *name = PyUnicode_AsUTF8AndSize(arguments[0], NULL);
    if (name == NULL)
        return NULL;
    const struct digest *digest = digest_named(name);
    if (digest == NULL)
        return PyErr_Format(PyExc_ValueError, "no hash %s", name);
    if (mac(digest, arguments[1], arguments + 2, count - 2, found))
        octets = PyBytes_FromStringAndSize((const char *)found, (Py_ssize_t)digest->length);
    libcrypto.OPENSSL_cleanse(found, sizeof found);
    return octets;
}

/* One message through a cipher; 0 where libcrypto refuses. */
static int run(const EVP_CIPHER *cipher, const Py_buffer *key, const Py_buffer *iv, const Py_buffer *data, int seals,
               unsigned char *result)
{
    unsigned char three[24];
    int single = key->len == 8, given = 0;
    for (int i = 0; single && i < 3; i++)
        memcpy(three + 8 * i, key->buf, 8);
    EVP_CIPHER_CTX *context = libcrypto.EVP_CIPHER_CTX_new();
    int done = context != NULL &&
               libcrypto.EVP_CipherInit_ex(context, cipher, NULL, single ? three : key->buf, iv->buf, seals) == 1 &&
               libcrypto.EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
               libcrypto.EVP_CipherUpdate(context, result, &given, data->buf, (int)data->len) == 1 && given == data->len;
    libcrypto.EVP_CIPHER_CTX_free(context);
    libcrypto.OPENSSL_cleanse(three, sizeof three);
    return done;
}

static PyObject *cbc(const char *name, const Py_buffer *key, const Py_buffer *iv, const Py_buffer *data, int seals)
{
    size_t block;
    const EVP_CIPHER *cipher = cbc_named(name, (size_t)key->len, &block);
    if (cipher == NULL)
        return PyErr_Format(PyExc_ValueError, "a %s key of %zd octets", name, key->len);
    if ((size_t)iv->len != block)
        return PyErr_Format(PyExc_ValueError, "a %s IV of %zd octets", name, iv->len);
    if ((size_t)data->len % block || data->len > LONGEST)
        return PyErr_Format(PyExc_ValueError, "%zd octets are no whole number of %s blocks", data->len, name);
    PyObject *found = PyBytes_FromStringAndSize(NULL, data->len);
    if (found != NULL && data->len > 0 && !run(cipher, key, iv, data, seals, (unsigned char *)PyBytes_AsString(found))) {
        Py_CLEAR(found);
        PyErr_SetString(PyExc_RuntimeError, "libcrypto refused");
    }
    return found;
}

static PyObject *native_cbc(PyObject *module, PyObject *arguments)
{
    const char *name;
    Py_buffer key, iv, data;
    int seals;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "sy*y*y*p:cbc", &name, &key, &iv, &data, &seals))
        return NULL;
    PyObject *found = cbc(name, &key, &iv, &data, seals);
    PyBuffer_Release(&key);
    PyBuffer_Release(&iv);
    PyBuffer_Release(&data);
    return found;
}

static PyMethodDef functions[] = {
    {"prf", (PyCFunction)(void (*)(void))native_prf, METH_FASTCALL, "HMAC with a hash and a key of what follows"},
    {"cbc", native_cbc, METH_VARARGS, "a message enciphered or deciphered in CBC mode, unpadded"},
    {NULL, NULL, 0, NULL},
};

int messages_init(PyObject *module, struct native_state *state)
{
    (void)state;
    return PyModule_AddFunctions(module, functions);
}
