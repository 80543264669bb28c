/* Overwriting octets of Python's that were made on the way to a secret. */
#include "native.h"

/* Fills the octets in a tuple with zeros, but for those that more than so many references hold, and the shared ones of less
 * than two octets. What Python says never changes is changed: nobody else may see it.
 */
static PyObject *native_overwrite(PyObject *module, PyObject *arguments)
{
    PyObject *secrets;
    Py_ssize_t references;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!n:overwrite", &PyTuple_Type, &secrets, &references))
        return NULL;
    for (Py_ssize_t i = 0, count = PyTuple_Size(secrets); i < count; i++) {
        PyObject *octets = PyTuple_GetItem(secrets, i);
        char *start;
        Py_ssize_t length;
        if (PyBytes_AsStringAndSize(octets, &start, &length) < 0)
            return NULL;
        if (length > 1 && Py_REFCNT(octets) <= references)
            libcrypto.OPENSSL_cleanse(start, (size_t)length);
    }
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"overwrite", native_overwrite, METH_VARARGS, "fill octets with zeros that so many references hold, or fewer"},
    {NULL, NULL, 0, NULL},
};

int overwrite_init(PyObject *module, struct native_state *state)
{
    (void)state;
    return PyModule_AddFunctions(module, functions);
}
