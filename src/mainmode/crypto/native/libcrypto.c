/* libcrypto by way of the module of Python's that has it loaded already, else by its name. */
#include "native.h"

#include <dlfcn.h>

struct libcrypto libcrypto;

/* All functions of one library, or none: 1 where it has them all. It stays open for ever. */
static int load_from(const char *file)
{
    struct libcrypto found;
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return 0;
    /* POSIX's way to make a function of what dlsym gives. */
#define X(result, name, parameters)                                                                                     \
    *(void **)(&found.name) = dlsym(library, #name);                                                                    \
    if (found.name == NULL) {                                                                                           \
        dlclose(library);                                                                                               \
        return 0;                                                                                                       \
    }
    LIBCRYPTO_FUNCTIONS(X)
#undef X
    libcrypto = found;
    return 1;
}

/* The file of Python's OpenSSL module: a handle of it finds the symbols of the libcrypto it is linked with. */
static int load_from_hashlib(void)
{
    PyObject *module = PyImport_ImportModule("_hashlib");
    PyObject *file = module == NULL ? NULL : PyObject_GetAttrString(module, "__file__");
    PyObject *path = NULL;
    int loaded = file != NULL && PyUnicode_FSConverter(file, &path) && load_from(PyBytes_AsString(path));
    Py_XDECREF(path);
    Py_XDECREF(file);
    Py_XDECREF(module);
    PyErr_Clear();
    return loaded;
}

int libcrypto_load(void)
{
    if (load_from_hashlib() || load_from("libcrypto.so.3") || load_from("libcrypto.so"))
        return 0;
    PyErr_SetString(PyExc_ImportError, "no libcrypto with all the functions that are needed");
    return -1;
}
