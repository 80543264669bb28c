/* ESP (RFC 4303) of one direction of a pair of SAs, whole packets and runs of them: what ipsec/esp.py does in Python, octet
 * by octet. CBC goes on from packet to packet with a random block before each, as there. Calls hold the GIL: a run takes
 * some hundred microseconds, and the contexts are one caller's at a time.
 */
#include "native.h"

#include <string.h>

#include "algorithms.h"
#include "packets.h"

#define ESP_HEADER 8
#define LONGEST_BLOCK 16
#define GCM_TAG 16
#define GCM_IV 8
#define SALT 4
#define IPIP 4
/* Octets of a payload or a packet, whoever it comes from; one of a run is no longer than IPv4 lets it be. */
#define LONGEST (1 << 24)

#define EVP_CTRL_AEAD_GET_TAG 0x10
#define EVP_CTRL_AEAD_SET_TAG 0x11

/* `mac`: the hashes behind the inner and the outer pad of HMAC, and the one that works. */
struct mac {
    union hash inner, outer, working;
};

typedef struct {
    PyObject_HEAD
    EVP_CIPHER_CTX *cipher; /* NULL for NULL */
    const struct digest *digest; /* NULL without integrity of its own */
    struct mac *mac;
    size_t block, iv, icv; /* octets */
    int seals, gcm;
    unsigned char spi[4], salt[SALT];
} Esp;

/* --- keys ------------------------------------------------------------------------------------------------------------ */

static int failed(void)
{
    PyErr_SetString(PyExc_RuntimeError, "libcrypto refused");
    return -1;
}

/* The pads of HMAC (RFC 2104) behind a key that is no longer than a block. */
static int set_mac(Esp *self, const unsigned char *key, size_t length)
{
    const struct digest *digest = self->digest;
    unsigned char pad[LONGEST_MAC_BLOCK] = {0};
    self->mac = PyMem_Malloc(sizeof *self->mac);
    if (self->mac == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memset(self->mac, 0, sizeof *self->mac);
    memcpy(pad, key, length);
    for (size_t i = 0; i < digest->block; i++)
        pad[i] ^= 0x36;
    int done = (*digest->init)(&self->mac->inner) && (*digest->update)(&self->mac->inner, pad, digest->block);
    for (size_t i = 0; i < digest->block; i++)
        pad[i] ^= 0x36 ^ 0x5C;
    done = done && (*digest->init)(&self->mac->outer) && (*digest->update)(&self->mac->outer, pad, digest->block);
    libcrypto.OPENSSL_cleanse(pad, sizeof pad);
    return done ? 0 : failed();
}

static const EVP_CIPHER *cipher_of(Esp *self, const char *name, size_t length)
{
    self->gcm = strcmp(name, "AES-GCM") == 0;
    if (self->gcm) {
        self->block = 4;
        self->iv = GCM_IV;
        return length == 16   ? libcrypto.EVP_aes_128_gcm()
               : length == 24 ? libcrypto.EVP_aes_192_gcm()
               : length == 32 ? libcrypto.EVP_aes_256_gcm()
                              : NULL;
    }
    const EVP_CIPHER *found = cbc_named(name, length, &self->block);
    self->iv = self->block;
    return found;
}

static int set_cipher(Esp *self, const char *name, const unsigned char *key, size_t length)
{
    static const unsigned char zeros[LONGEST_BLOCK];
    unsigned char three[24];
    if (strcmp(name, "NULL") == 0 && length == 0) {
        self->block = 4;
        return 0;
    }
    const EVP_CIPHER *cipher = cipher_of(self, name, length);
    if (cipher == NULL) {
        PyErr_Format(PyExc_ValueError, "no cipher %s with a key of %zd octets", name, (Py_ssize_t)length);
        return -1;
    }
    int single = length == 8;
    for (int i = 0; single && i < 3; i++)
        memcpy(three + 8 * i, key, 8);
    self->cipher = libcrypto.EVP_CIPHER_CTX_new();
    int done = self->cipher != NULL && libcrypto.EVP_CipherInit_ex(self->cipher, cipher, NULL, single ? three : key,
                                                                   self->gcm ? NULL : zeros, self->seals) == 1;
    libcrypto.OPENSSL_cleanse(three, sizeof three);
    if (!done)
        return failed();
    libcrypto.EVP_CIPHER_CTX_set_padding(self->cipher, 0);
    return 0;
}

/* --- one packet ------------------------------------------------------------------------------------------------------ */

/* The first octets of the HMAC of `data`; whatever is wrong with libcrypto, here nothing can be. */
static void mac_of(Esp *self, const unsigned char *data, size_t length, unsigned char *icv)
{
    const struct digest *digest = self->digest;
    unsigned char found[LONGEST_DIGEST];
    union hash *working = &self->mac->working;
    memcpy(working, &self->mac->inner, sizeof *working);
    (*digest->update)(working, data, length);
    (*digest->final)(found, working);
    memcpy(working, &self->mac->outer, sizeof *working);
    (*digest->update)(working, found, digest->length);
    (*digest->final)(found, working);
    memcpy(icv, found, self->icv);
}

static size_t padding(const Esp *self, size_t payload)
{
    return (self->block - (payload + 2) % self->block) % self->block;
}

static size_t sealed_length(const Esp *self, size_t payload)
{
    return ESP_HEADER + self->iv + payload + padding(self, payload) + 2 + self->icv;
}

static int cipher_update(Esp *self, unsigned char *out, const unsigned char *in, size_t length)
{
    int given = 0;
    return libcrypto.EVP_CipherUpdate(self->cipher, out, &given, in, (int)length) == 1 &&
           (out == NULL || (size_t)given == length);
}

static int gcm_start(Esp *self, const unsigned char *header, const unsigned char *iv)
{
    unsigned char nonce[SALT + GCM_IV];
    memcpy(nonce, self->salt, SALT);
    memcpy(nonce + SALT, iv, GCM_IV);
    return libcrypto.EVP_CipherInit_ex(self->cipher, NULL, NULL, NULL, nonce, -1) == 1 &&
           cipher_update(self, NULL, header, ESP_HEADER);
}

/* Around the payload that already lies at its place in `out`, behind header and IV; `random` is one block for CBC. */
static int seal_around(Esp *self, unsigned char *out, size_t payload, unsigned next_header, uint32_t sequence,
                       const unsigned char *random)
{
    unsigned char *iv = out + ESP_HEADER, *plain = iv + self->iv, *at = plain + payload;
    size_t pad = padding(self, payload), length = payload + pad + 2;
    int unused = 0;
    memcpy(out, self->spi, 4);
    put32(out + 4, sequence);
    for (size_t i = 1; i <= pad; i++)
        *at++ = (unsigned char)i;
    *at++ = (unsigned char)pad;
    *at++ = (unsigned char)next_header;
    if (self->gcm) {
        memset(iv, 0, 4);
        put32(iv + 4, sequence);
        if (gcm_start(self, out, iv) && cipher_update(self, plain, plain, length) &&
            libcrypto.EVP_CipherFinal_ex(self->cipher, at, &unused) == 1 &&
            libcrypto.EVP_CIPHER_CTX_ctrl(self->cipher, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, at) == 1)
            return 0;
        return failed();
    }
    if (self->cipher != NULL && !(cipher_update(self, iv, random, self->iv) && cipher_update(self, plain, plain, length)))
        return failed();
    if (self->digest != NULL)
        mac_of(self, out, (size_t)(at - out), at);
    return 0;
}

/* Whether an ESP packet is whole blocks with all that belongs around them. */
static int fits(const Esp *self, size_t length)
{
    size_t outside = ESP_HEADER + self->iv + self->icv;
    return length <= LONGEST && length >= outside + self->block && (length - outside) % self->block == 0;
}

/* Payload and trailer of a packet that fits, to `plain`, where there is room for them. 1, 0 where the ICV is wrong, or -1. */
static int unseal(Esp *self, const unsigned char *esp, size_t length, unsigned char *plain)
{
    const unsigned char *iv = esp + ESP_HEADER, *body = iv + self->iv, *icv = esp + length - self->icv;
    size_t octets = (size_t)(icv - body);
    unsigned char found[LONGEST_DIGEST], rubbish[LONGEST_BLOCK];
    int unused = 0;
    if (self->gcm) {
        unsigned char tag[GCM_TAG];
        memcpy(tag, icv, GCM_TAG);
        if (!gcm_start(self, esp, iv) || !cipher_update(self, plain, body, octets) ||
            libcrypto.EVP_CIPHER_CTX_ctrl(self->cipher, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, tag) != 1)
            return failed();
        return libcrypto.EVP_CipherFinal_ex(self->cipher, rubbish, &unused) == 1;
    }
    if (self->digest != NULL) {
        mac_of(self, esp, (size_t)(icv - esp), found);
        if (libcrypto.CRYPTO_memcmp(found, icv, self->icv) != 0)
            return 0;
    }
    if (self->cipher == NULL)
        memcpy(plain, body, octets);
    else if (!cipher_update(self, rubbish, iv, self->iv) || !cipher_update(self, plain, body, octets))
        return failed();
    return 1;
}

/* --- methods --------------------------------------------------------------------------------------------------------- */

static int direction(const Esp *self, int seals)
{
    if (self->seals == seals)
        return 0;
    PyErr_SetString(PyExc_ValueError, "the other direction's");
    return -1;
}

static int enough_random(const Esp *self, const Py_buffer *random, Py_ssize_t packets)
{
    size_t each = self->gcm ? 0 : self->iv;
    if ((size_t)random->len == each * (size_t)packets)
        return 0;
    PyErr_Format(PyExc_ValueError, "%zd random octets for %zd packets", random->len, packets);
    return -1;
}

static int too_long(size_t length)
{
    PyErr_Format(PyExc_ValueError, "a payload of %zd octets", (Py_ssize_t)length);
    return -1;
}

static const unsigned char *block_of(const Esp *self, const Py_buffer *random, size_t number)
{
    return self->gcm ? NULL : (const unsigned char *)random->buf + number * self->iv;
}

/* The ESP of a payload as an object of Python's. */
static PyObject *sealed(Esp *self, const unsigned char *payload, size_t length, unsigned next_header, uint32_t sequence,
                        const unsigned char *random)
{
    if (length > LONGEST) {
        too_long(length);
        return NULL;
    }
    PyObject *esp = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)sealed_length(self, length));
    if (esp == NULL)
        return NULL;
    unsigned char *out = (unsigned char *)PyBytes_AsString(esp);
    memcpy(out + ESP_HEADER + self->iv, payload, length);
    if (seal_around(self, out, length, next_header, sequence, random) < 0)
        Py_CLEAR(esp);
    return esp;
}

static PyObject *esp_seal(Esp *self, PyObject *args)
{
    Py_buffer payload, random;
    unsigned char next_header;
    unsigned int sequence;
    PyObject *esp = NULL;
    if (!PyArg_ParseTuple(args, "y*bIy*", &payload, &next_header, &sequence, &random))
        return NULL;
    if (direction(self, 1) == 0 && enough_random(self, &random, 1) == 0)
        esp = sealed(self, payload.buf, (size_t)payload.len, next_header, sequence, random.buf);
    PyBuffer_Release(&payload);
    PyBuffer_Release(&random);
    return esp;
}

static int sealed_packets(Esp *self, PyObject *packets, PyObject *found, uint32_t sequence, const Py_buffer *random)
{
    Py_ssize_t count = PyList_Size(packets);
    if (enough_random(self, random, count) < 0)
        return -1;
    for (Py_ssize_t i = 0; i < count; i++) {
        char *packet;
        Py_ssize_t length;
        if (PyBytes_AsStringAndSize(PyList_GetItem(packets, i), &packet, &length) < 0)
            return -1;
        PyObject *esp = sealed(self, (unsigned char *)packet, (size_t)length, IPIP, sequence + (uint32_t)i,
                               block_of(self, random, (size_t)i));
        if (esp == NULL || PyList_SetItem(found, i, esp) < 0)
            return -1;
    }
    return 0;
}

static PyObject *esp_seal_run(Esp *self, PyObject *args)
{
    PyObject *packets, *found = NULL;
    unsigned int sequence;
    Py_buffer random;
    if (!PyArg_ParseTuple(args, "O!Iy*", &PyList_Type, &packets, &sequence, &random))
        return NULL;
    if (direction(self, 1) == 0 && (found = PyList_New(PyList_Size(packets))) != NULL &&
        sealed_packets(self, packets, found, sequence, &random) < 0)
        Py_CLEAR(found);
    PyBuffer_Release(&random);
    return found;
}

static int sealed_segments(Esp *self, const struct super *super, PyObject *found, uint32_t sequence, const Py_buffer *random)
{
    size_t count = super_count(super);
    for (size_t i = 0; i < count; i++) {
        size_t length = segment_length(super, i);
        PyObject *esp = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)sealed_length(self, length));
        if (esp == NULL || PyList_SetItem(found, (Py_ssize_t)i, esp) < 0)
            return -1;
        unsigned char *out = (unsigned char *)PyBytes_AsString(esp);
        segment_to(super, i, out + ESP_HEADER + self->iv);
        if (seal_around(self, out, length, IPIP, sequence + (uint32_t)i, block_of(self, random, i)) < 0)
            return -1;
    }
    return 0;
}

static PyObject *esp_seal_segments(Esp *self, PyObject *args)
{
    PyObject *found = NULL;
    Py_buffer packet, random;
    Py_ssize_t size;
    unsigned int sequence;
    struct super super;
    if (!PyArg_ParseTuple(args, "y*nIy*", &packet, &size, &sequence, &random))
        return NULL;
    if (size <= 0 || !super_of(&super, packet.buf, (size_t)packet.len, (size_t)size))
        PyErr_SetString(PyExc_ValueError, "no packet that can be cut into segments");
    else if (direction(self, 1) == 0 && enough_random(self, &random, (Py_ssize_t)super_count(&super)) == 0 &&
             (found = PyList_New((Py_ssize_t)super_count(&super))) != NULL &&
             sealed_segments(self, &super, found, sequence, &random) < 0)
        Py_CLEAR(found);
    PyBuffer_Release(&packet);
    PyBuffer_Release(&random);
    return found;
}

static PyObject *esp_decrypt(Esp *self, PyObject *args)
{
    Py_buffer esp;
    PyObject *plain = NULL;
    if (!PyArg_ParseTuple(args, "y*", &esp))
        return NULL;
    size_t length = (size_t)esp.len;
    if (!fits(self, length)) {
        PyErr_Format(PyExc_ValueError, "%zd octets do not fit", esp.len);
    } else if (direction(self, 0) == 0) {
        size_t octets = length - ESP_HEADER - self->iv - self->icv;
        plain = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)octets);
        int opened = plain == NULL ? -1 : unseal(self, esp.buf, length, (unsigned char *)PyBytes_AsString(plain));
        if (opened < 0)
            Py_CLEAR(plain);
        if (opened == 0) {
            Py_DECREF(plain);
            plain = Py_NewRef(Py_None);
        }
    }
    PyBuffer_Release(&esp);
    return plain;
}

/* Octets of the payload in front of a right trailer for a packet in a packet; 0 for everything else. */
static size_t payload_of(const unsigned char *plain, size_t octets)
{
    size_t pad = plain[octets - 2];
    if (plain[octets - 1] != IPIP || pad + 2 > octets)
        return 0;
    const unsigned char *padded = plain + octets - 2 - pad;
    for (size_t i = 0; i < pad; i++)
        if (padded[i] != i + 1)
            return 0;
    return octets - 2 - pad;
}

/* What the packets of a run have in common: the connection of the first, the largest that may pass, the next number. */
struct run {
    unsigned char key[16];
    size_t named, largest;
    uint32_t due;
};

/* The packet of a datagram that goes on with the run; NULL where the run ends before it, with or without an error. */
static PyObject *next_packet(Esp *self, struct run *run, const unsigned char *esp, size_t length)
{
    unsigned char plain[LARGEST_PACKET], key[16];
    if (length > sizeof plain || !fits(self, length) || memcmp(esp, self->spi, 4) != 0 || get32(esp + 4) != run->due)
        return NULL;
    if (unseal(self, esp, length, plain) != 1)
        return NULL;
    size_t payload = payload_of(plain, length - ESP_HEADER - self->iv - self->icv);
    if (payload == 0 || payload > run->largest || lane_key(plain, payload, key) != run->named ||
        memcmp(key, run->key, run->named) != 0)
        return NULL;
    run->due++;
    return PyBytes_FromStringAndSize((char *)plain, (Py_ssize_t)payload);
}

static PyObject *esp_open_run(Esp *self, PyObject *args)
{
    PyObject *datagrams;
    Py_ssize_t begin, largest;
    unsigned int sequence;
    Py_buffer first;
    struct run run;
    if (!PyArg_ParseTuple(args, "O!nIy*n", &PyList_Type, &datagrams, &begin, &sequence, &first, &largest))
        return NULL;
    run.named = lane_key(first.buf, (size_t)first.len, run.key);
    run.largest = largest < 0 ? 0 : (size_t)largest;
    run.due = sequence + 1;
    PyBuffer_Release(&first);
    PyObject *found = PyList_New(0);
    if (found == NULL || direction(self, 0) < 0 || self->icv == 0 || begin < 0 || run.named == 0)
        goto done;
    for (Py_ssize_t i = begin; i < PyList_Size(datagrams) && run.due != 0; i++) {
        char *octets;
        Py_ssize_t length;
        if (PyBytes_AsStringAndSize(PyList_GetItem(datagrams, i), &octets, &length) < 0)
            break;
        PyObject *packet = next_packet(self, &run, (unsigned char *)octets, (size_t)length);
        if (packet == NULL)
            break;
        int added = PyList_Append(found, packet);
        Py_DECREF(packet);
        if (added < 0)
            break;
    }
done:
    if (PyErr_Occurred())
        Py_CLEAR(found);
    return found;
}

/* --- the type -------------------------------------------------------------------------------------------------------- */

static void esp_dealloc(Esp *self)
{
    PyTypeObject *type = Py_TYPE((PyObject *)self);
    libcrypto.EVP_CIPHER_CTX_free(self->cipher);
    if (self->mac != NULL)
        libcrypto.OPENSSL_cleanse(self->mac, sizeof *self->mac);
    PyMem_Free(self->mac);
    libcrypto.OPENSSL_cleanse(self->salt, sizeof self->salt);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyMethodDef esp_methods[] = {
    {"seal", (PyCFunction)(void (*)(void))esp_seal, METH_VARARGS, NULL},
    {"seal_run", (PyCFunction)(void (*)(void))esp_seal_run, METH_VARARGS, NULL},
    {"seal_segments", (PyCFunction)(void (*)(void))esp_seal_segments, METH_VARARGS, NULL},
    {"decrypt", (PyCFunction)(void (*)(void))esp_decrypt, METH_VARARGS, NULL},
    {"open_run", (PyCFunction)(void (*)(void))esp_open_run, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot esp_slots[] = {
    {Py_tp_dealloc, esp_dealloc},
    {Py_tp_methods, esp_methods},
    {0, NULL},
};

static PyType_Spec esp_spec = {
    .name = "mainmode.crypto._native.Esp",
    .basicsize = sizeof(Esp),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = esp_slots,
};

static int set_digest(Esp *self, const char *name, const Py_buffer *key, Py_ssize_t icv)
{
    if (*name == '\0') {
        self->icv = self->gcm ? GCM_TAG : 0;
        return 0;
    }
    self->digest = digest_named(name);
    if (self->digest == NULL || self->gcm || icv <= 0 || (size_t)icv > self->digest->length ||
        (size_t)key->len > self->digest->block) {
        PyErr_Format(PyExc_ValueError, "no integrity %s with a key of %zd octets", name, key->len);
        return -1;
    }
    self->icv = (size_t)icv;
    return set_mac(self, key->buf, (size_t)key->len);
}

/* esp(spi, seals, cipher, key, salt, digest, key of the digest, octets of its ICV) */
static PyObject *native_esp(PyObject *module, PyObject *args)
{
    struct native_state *state = PyModule_GetState(module);
    unsigned int spi;
    int seals;
    const char *cipher, *digest;
    Py_buffer key, salt, mac_key;
    Py_ssize_t icv;
    if (state == NULL ||
        !PyArg_ParseTuple(args, "Ipsy*y*sy*n", &spi, &seals, &cipher, &key, &salt, &digest, &mac_key, &icv))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(state->esp, Py_tp_alloc);
    Esp *self = (Esp *)allocate(state->esp, 0);
    if (self != NULL) {
        self->seals = seals;
        put32(self->spi, spi);
        int done = set_cipher(self, cipher, key.buf, (size_t)key.len);
        if (done == 0 && salt.len != (self->gcm ? SALT : 0)) {
            PyErr_Format(PyExc_ValueError, "a salt of %zd octets", salt.len);
            done = -1;
        }
        if (done == 0) {
            memcpy(self->salt, salt.buf, (size_t)salt.len);
            done = set_digest(self, digest, &mac_key, icv);
        }
        if (done < 0)
            Py_CLEAR(self);
    }
    PyBuffer_Release(&key);
    PyBuffer_Release(&salt);
    PyBuffer_Release(&mac_key);
    return (PyObject *)self;
}

static PyMethodDef functions[] = {
    {"esp", native_esp, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int esp_init(PyObject *module, struct native_state *state)
{
    state->esp = (PyTypeObject *)PyType_FromModuleAndSpec(module, &esp_spec, NULL);
    return state->esp == NULL ? -1 : PyModule_AddFunctions(module, functions);
}
