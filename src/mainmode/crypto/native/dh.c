/* Modular powers in constant time: BN_mod_exp_mont_consttime with the Montgomery context of the modulus made once. */
#include "native.h"

/* Octets of the largest modulus, base and exponent: twice those of the largest group that IKE has. */
#define LONGEST 2048

typedef struct {
    PyObject_HEAD
    BIGNUM *number;
    BN_MONT_CTX *montgomery;
    /* The working space of one call; NULL while a call has it, and who comes then makes another. Guarded by the GIL. */
    BN_CTX *scratch;
    int length; /* octets */
} Modulus;

/* Whether octets are not too many; if not, ValueError. */
static int fits(const Py_buffer *octets, const char *what)
{
    if (octets->len <= LONGEST)
        return 1;
    PyErr_Format(PyExc_ValueError, "%s of %zd octets", what, octets->len);
    return 0;
}

static BIGNUM *number_of(const Py_buffer *octets)
{
    return libcrypto.BN_bin2bn(octets->buf, (int)octets->len, NULL);
}

/* base ** exponent into `length` octets; 0 where there is no memory. Runs without the GIL. */
static int raise_to(const Modulus *self, BN_CTX *scratch, const Py_buffer *base, const Py_buffer *exponent,
                    unsigned char *octets)
{
    BIGNUM *b = number_of(base), *e = number_of(exponent), *result = libcrypto.BN_new();
    int done = 0;
    if (b != NULL && e != NULL && result != NULL) {
        libcrypto.BN_set_flags(e, BN_FLG_CONSTTIME);
        done = libcrypto.BN_mod_exp_mont_consttime(result, b, e, self->number, scratch, self->montgomery) == 1 &&
               libcrypto.BN_bn2binpad(result, octets, self->length) == self->length;
    }
    libcrypto.BN_clear_free(b);
    libcrypto.BN_clear_free(e);
    libcrypto.BN_clear_free(result);
    return done;
}

/* The same into fresh octets of Python's, which the caller overwrites. */
static PyObject *power_of(Modulus *self, const Py_buffer *base, const Py_buffer *exponent)
{
    PyObject *found = PyBytes_FromStringAndSize(NULL, self->length);
    if (found == NULL)
        return NULL;
    unsigned char *octets = (unsigned char *)PyBytes_AsString(found);
    BN_CTX *scratch = self->scratch;
    int done = 0;
    self->scratch = NULL;
    Py_BEGIN_ALLOW_THREADS
    if (scratch == NULL)
        scratch = libcrypto.BN_CTX_secure_new();
    if (scratch != NULL)
        done = raise_to(self, scratch, base, exponent, octets);
    Py_END_ALLOW_THREADS
    if (self->scratch == NULL)
        self->scratch = scratch;
    else
        libcrypto.BN_CTX_free(scratch);
    if (done)
        return found;
    Py_DECREF(found);
    return PyErr_NoMemory();
}

static PyObject *modulus_power(PyObject *self, PyObject *arguments)
{
    Py_buffer base, exponent;
    PyObject *found = NULL;
    if (!PyArg_ParseTuple(arguments, "y*y*:power", &base, &exponent))
        return NULL;
    if (fits(&base, "a base") && fits(&exponent, "an exponent"))
        found = power_of((Modulus *)self, &base, &exponent);
    PyBuffer_Release(&base);
    PyBuffer_Release(&exponent);
    return found;
}

static void modulus_dealloc(PyObject *self)
{
    Modulus *modulus = (Modulus *)self;
    PyTypeObject *type = Py_TYPE(self);
    libcrypto.BN_clear_free(modulus->number);
    libcrypto.BN_MONT_CTX_free(modulus->montgomery);
    libcrypto.BN_CTX_free(modulus->scratch);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* Fills a new modulus; 0 where there is no memory. */
static int prepare(Modulus *self, const Py_buffer *octets)
{
    self->length = (int)octets->len;
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

static PyObject *native_modulus(PyObject *module, PyObject *argument)
{
    struct native_state *state = PyModule_GetState(module);
    Py_buffer octets;
    Modulus *made = NULL;
    if (state == NULL || PyObject_GetBuffer(argument, &octets, PyBUF_SIMPLE) < 0)
        return NULL;
    if (!fits(&octets, "a modulus"))
        goto end;
    if (!is_odd(&octets)) {
        PyErr_SetString(PyExc_ValueError, "a modulus that is not odd, or 1");
        goto end;
    }
    made = PyObject_New(Modulus, state->modulus);
    if (made == NULL)
        goto end;
    made->number = NULL;
    made->montgomery = NULL;
    made->scratch = NULL;
    if (!prepare(made, &octets)) {
        Py_CLEAR(made);
        PyErr_NoMemory();
    }
end:
    PyBuffer_Release(&octets);
    return (PyObject *)made;
}

static PyMethodDef modulus_methods[] = {
    {"power", modulus_power, METH_VARARGS, "base ** exponent in constant time, as octets of the modulus's length"},
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

static PyMethodDef functions[] = {
    {"modulus", native_modulus, METH_O, "an odd modulus, to take powers by"},
    {NULL, NULL, 0, NULL},
};

int dh_init(PyObject *module, struct native_state *state)
{
    state->modulus = (PyTypeObject *)PyType_FromModuleAndSpec(module, &modulus_spec, NULL);
    return state->modulus == NULL ? -1 : PyModule_AddFunctions(module, functions);
}
