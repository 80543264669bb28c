/* Modular powers in constant time, as objects of Python: a modulus, and a comb for one base.
 *
 * Any base is raised with vectors of 52 bits where the processor has them, else by libcrypto's BN_mod_exp_mont_consttime. One
 * base that comes again and again has a comb.
 */
#include "native.h"

#include <stdlib.h>
#include <string.h>

#include "montgomery.h"

/* Octets of the longest modulus, base and exponent. */
#define LONGEST 2048

typedef struct {
    PyObject_HEAD
    struct modulus *prepared; /* NULL for a modulus of more than MODULUS_OCTETS */
    BIGNUM *number;
    BN_MONT_CTX *montgomery;
    /* libcrypto's working space; NULL while a call has it, and who comes then makes another. Guarded by the GIL. */
    BN_CTX *scratch;
    int length; /* octets of the results: those of the modulus as it was given */
} Modulus;

typedef struct {
    PyObject_HEAD
    Modulus *modulus;
    struct comb comb;
} Comb;

/* Whether octets are not too many; if not, ValueError. */
static int fits(const Py_buffer *octets, const char *what, size_t most)
{
    if ((size_t)octets->len <= most)
        return 1;
    PyErr_Format(PyExc_ValueError, "%s of %zd octets", what, octets->len);
    return 0;
}

static BIGNUM *number_of(const Py_buffer *octets)
{
    return libcrypto.BN_bin2bn(octets->buf, (int)octets->len, NULL);
}

/* The last octets of a result, which are those of the prepared modulus; the others are zeros. */
static unsigned char *tail_of(const Modulus *self, unsigned char *result)
{
    size_t zeros = (size_t)(self->length - self->prepared->octets);
    memset(result, 0, zeros);
    return result + zeros;
}

/* base ** exponent by libcrypto; 0 where there is no memory. Runs without the GIL. */
static int raise_by_libcrypto(const Modulus *self, BN_CTX *scratch, const Py_buffer *base, const Py_buffer *exponent,
                              unsigned char *result)
{
    BIGNUM *b = number_of(base), *e = number_of(exponent), *power = libcrypto.BN_new();
    int done = 0;
    if (b != NULL && e != NULL && power != NULL && scratch != NULL) {
        libcrypto.BN_set_flags(e, BN_FLG_CONSTTIME);
        done = libcrypto.BN_mod_exp_mont_consttime(power, b, e, self->number, scratch, self->montgomery) == 1 &&
               libcrypto.BN_bn2binpad(power, result, self->length) == self->length;
    }
    libcrypto.BN_clear_free(b);
    libcrypto.BN_clear_free(e);
    libcrypto.BN_clear_free(power);
    return done;
}

/* base ** exponent into octets of Python's; 0 where there is no memory. */
static int raise_to(Modulus *self, const Py_buffer *base, const Py_buffer *exponent, unsigned char *result)
{
    int done = 1;
    if (self->prepared != NULL && self->prepared->radix == 52 && base->len <= self->prepared->octets) {
        Py_BEGIN_ALLOW_THREADS
        modulus_power(self->prepared, tail_of(self, result), base->buf, (size_t)base->len, exponent->buf,
                      (size_t)exponent->len);
        Py_END_ALLOW_THREADS
        return done;
    }
    BN_CTX *scratch = self->scratch;
    self->scratch = NULL;
    Py_BEGIN_ALLOW_THREADS
    if (scratch == NULL)
        scratch = libcrypto.BN_CTX_secure_new();
    done = raise_by_libcrypto(self, scratch, base, exponent, result);
    Py_END_ALLOW_THREADS
    if (self->scratch == NULL)
        self->scratch = scratch;
    else
        libcrypto.BN_CTX_free(scratch);
    return done;
}

static PyObject *modulus_power_of(PyObject *object, PyObject *arguments)
{
    Modulus *self = (Modulus *)object;
    Py_buffer base, exponent;
    PyObject *found = NULL;
    if (!PyArg_ParseTuple(arguments, "y*y*:power", &base, &exponent))
        return NULL;
    if (fits(&base, "a base", LONGEST) && fits(&exponent, "an exponent", LONGEST)) {
        found = PyBytes_FromStringAndSize(NULL, self->length);
        if (found != NULL && !raise_to(self, &base, &exponent, (unsigned char *)PyBytes_AsString(found))) {
            Py_CLEAR(found);
            PyErr_NoMemory();
        }
    }
    PyBuffer_Release(&base);
    PyBuffer_Release(&exponent);
    return found;
}

static void modulus_dealloc(PyObject *object)
{
    Modulus *self = (Modulus *)object;
    PyTypeObject *type = Py_TYPE(object);
    libcrypto.BN_clear_free(self->number);
    libcrypto.BN_MONT_CTX_free(self->montgomery);
    libcrypto.BN_CTX_free(self->scratch);
    free(self->prepared);
    PyObject_Free(object);
    Py_DECREF(type);
}

/* Fills a new modulus; 0 where there is no memory. */
static int prepare(Modulus *self, const Py_buffer *octets, int wide)
{
    const unsigned char *first = octets->buf;
    int length = (int)octets->len;
    self->length = length;
    for (; *first == 0; first++)
        length--;
    if (length <= MODULUS_OCTETS) {
        self->prepared = aligned_alloc(_Alignof(struct modulus), sizeof *self->prepared);
        if (self->prepared == NULL)
            return 0;
        modulus_prepare(self->prepared, first, length, wide);
    }
    self->number = number_of(octets);
    self->montgomery = libcrypto.BN_MONT_CTX_new();
    self->scratch = libcrypto.BN_CTX_secure_new();
    return self->number != NULL && self->montgomery != NULL && self->scratch != NULL &&
           libcrypto.BN_MONT_CTX_set(self->montgomery, self->number, self->scratch) == 1;
}

/* An odd number of three or more, without which Montgomery's way does not work. */
static int is_odd(const Py_buffer *octets)
{
    const unsigned char *octet = octets->buf;
    unsigned char high = 0;
    if (octets->len == 0 || !(octet[octets->len - 1] & 1))
        return 0;
    for (Py_ssize_t i = 0; i + 1 < octets->len; i++)
        high |= octet[i];
    return high || octet[octets->len - 1] > 1;
}

static Modulus *new_modulus(PyTypeObject *type, const Py_buffer *octets, int wide)
{
    Modulus *made = PyObject_New(Modulus, type);
    if (made == NULL)
        return NULL;
    made->prepared = NULL;
    made->number = NULL;
    made->montgomery = NULL;
    made->scratch = NULL;
    if (!prepare(made, octets, wide)) {
        Py_CLEAR(made);
        PyErr_NoMemory();
    }
    return made;
}

static PyObject *native_modulus(PyObject *module, PyObject *arguments)
{
    struct native_state *state = PyModule_GetState(module);
    Py_buffer octets;
    int wide = 1;
    Modulus *made = NULL;
    if (state == NULL || !PyArg_ParseTuple(arguments, "y*|p:modulus", &octets, &wide))
        return NULL;
    if (fits(&octets, "a modulus", LONGEST)) {
        if (is_odd(&octets))
            made = new_modulus(state->modulus, &octets, wide);
        else
            PyErr_SetString(PyExc_ValueError, "a modulus that is not odd, or 1");
    }
    PyBuffer_Release(&octets);
    return (PyObject *)made;
}

static PyObject *comb_power_of(PyObject *object, PyObject *argument)
{
    Comb *self = (Comb *)object;
    Py_buffer exponent;
    PyObject *found = NULL;
    if (PyObject_GetBuffer(argument, &exponent, PyBUF_SIMPLE) < 0)
        return NULL;
    if (fits(&exponent, "an exponent", self->comb.exponent_length)) {
        found = PyBytes_FromStringAndSize(NULL, self->modulus->length);
        if (found != NULL) {
            unsigned char *result = tail_of(self->modulus, (unsigned char *)PyBytes_AsString(found));
            Py_BEGIN_ALLOW_THREADS
            comb_power(&self->comb, result, exponent.buf, (size_t)exponent.len);
            Py_END_ALLOW_THREADS
        }
    }
    PyBuffer_Release(&exponent);
    return found;
}

static void comb_dealloc(PyObject *object)
{
    Comb *self = (Comb *)object;
    PyTypeObject *type = Py_TYPE(object);
    free(self->comb.table);
    Py_DECREF((PyObject *)self->modulus);
    PyObject_Free(object);
    Py_DECREF(type);
}

static PyObject *modulus_comb(PyObject *object, PyObject *arguments)
{
    Modulus *self = (Modulus *)object;
    struct native_state *state = PyType_GetModuleState(Py_TYPE(object));
    unsigned char base;
    int octets;
    if (state == NULL || !PyArg_ParseTuple(arguments, "bi:comb", &base, &octets))
        return NULL;
    if (self->prepared == NULL || octets < 1 || octets > LONGEST)
        return PyErr_Format(PyExc_ValueError, "a comb for %d octets, modulo a number of %d", octets, self->length);
    Comb *made = PyObject_New(Comb, state->comb);
    if (made == NULL)
        return NULL;
    Py_INCREF(object);
    made->modulus = self;
    made->comb.modulus = self->prepared;
    made->comb.exponent_length = (size_t)octets;
    made->comb.table = aligned_alloc(64, comb_size(self->prepared));
    if (made->comb.table == NULL) {
        Py_DECREF(made);
        return PyErr_NoMemory();
    }
    comb_prepare(&made->comb, base);
    return (PyObject *)made;
}

static PyMethodDef modulus_methods[] = {
    {"power", modulus_power_of, METH_VARARGS, "base ** exponent in constant time, as octets of the modulus's length"},
    {"comb", modulus_comb, METH_VARARGS, "the powers of one base below 256 by exponents of so many octets"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot modulus_slots[] = {
    {Py_tp_dealloc, modulus_dealloc},
    {Py_tp_methods, modulus_methods},
    {0, NULL},
};

static PyType_Spec modulus_spec = {
    .name = "mainmode.crypto._native.Modulus",
    .basicsize = sizeof(Modulus),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = modulus_slots,
};

static PyMethodDef comb_methods[] = {
    {"power", comb_power_of, METH_O, "base ** exponent in constant time, as octets of the modulus's length"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot comb_slots[] = {
    {Py_tp_dealloc, comb_dealloc},
    {Py_tp_methods, comb_methods},
    {0, NULL},
};

static PyType_Spec comb_spec = {
    .name = "mainmode.crypto._native.Comb",
    .basicsize = sizeof(Comb),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = comb_slots,
};

static PyObject *native_wide(PyObject *module, PyObject *nothing)
{
    (void)module;
    (void)nothing;
    return PyBool_FromLong(wide_here());
}

static PyMethodDef functions[] = {
    {"modulus", native_modulus, METH_VARARGS, "an odd modulus, to take powers by"},
    {"wide", native_wide, METH_NOARGS, "whether the processor has AVX-512 IFMA"},
    {NULL, NULL, 0, NULL},
};

int dh_init(PyObject *module, struct native_state *state)
{
    state->modulus = (PyTypeObject *)PyType_FromModuleAndSpec(module, &modulus_spec, NULL);
    state->comb = (PyTypeObject *)PyType_FromModuleAndSpec(module, &comb_spec, NULL);
    return state->modulus == NULL || state->comb == NULL ? -1 : PyModule_AddFunctions(module, functions);
}
