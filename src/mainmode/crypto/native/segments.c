/* Packets that a TUN device gives and takes in one go (linux virtio_net.h): cut into segments, their checksums made, and
 * joined again as gateway/user_space/segments.py joins them, with the same conditions.
 */
#include "native.h"
#include "packets.h"

#include <string.h>

#define VIRTIO_HEADER 10
#define NEEDS_CHECKSUM 1
#define TCP_SEGMENTS 1
#define TCP_CHECKSUM 16
#define SMALLEST 40
#define ENDS 12

/* --- cutting --------------------------------------------------------------------------------------------------------- */

/* cut(packet, size): its segments, with `size` octets of data each. */
static PyObject *native_cut(PyObject *module, PyObject *args)
{
    Py_buffer packet;
    Py_ssize_t size;
    struct super super;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*n", &packet, &size))
        return NULL;
    PyObject *found = NULL;
    if (size <= 0 || !super_of(&super, packet.buf, (size_t)packet.len, (size_t)size))
        PyErr_SetString(PyExc_ValueError, "no packet that can be cut into segments");
    else
        found = PyList_New((Py_ssize_t)super_count(&super));
    for (size_t i = 0; found != NULL && i < super_count(&super); i++) {
        PyObject *segment = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)segment_length(&super, i));
        if (segment == NULL || PyList_SetItem(found, (Py_ssize_t)i, segment) < 0)
            Py_CLEAR(found);
        else
            segment_to(&super, i, (unsigned char *)PyBytes_AsString(segment));
    }
    PyBuffer_Release(&packet);
    return found;
}

/* with_checksum(packet, start, offset): the checksum over all from `start` on, at `offset` behind it. What stands there is
 * part of the sum, and a sum of zero is written as its other zero (linux skb_checksum_help).
 */
static PyObject *native_with_checksum(PyObject *module, PyObject *args)
{
    Py_buffer packet;
    Py_ssize_t start, offset;
    PyObject *found = NULL;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*nn", &packet, &start, &offset))
        return NULL;
    if (start < 0 || offset < 0 || start > packet.len || offset > packet.len - start - 2) {
        PyErr_SetString(PyExc_ValueError, "a checksum outside of its packet");
    } else if ((found = PyBytes_FromStringAndSize(packet.buf, packet.len)) != NULL) {
        unsigned char *octets = (unsigned char *)PyBytes_AsString(found);
        unsigned sum = ~ones_sum(octets + start, (size_t)(packet.len - start)) & 0xFFFF;
        put16(octets + start + offset, sum != 0 ? sum : 0xFFFF);
    }
    PyBuffer_Release(&packet);
    return found;
}

/* --- joining --------------------------------------------------------------------------------------------------------- */

struct piece {
    const unsigned char *octets;
    size_t length;
    Py_ssize_t next; /* the piece of the same run that follows; -1 */
};

/* Segments that follow each other. `ended`: none may follow the last. */
struct run {
    Py_ssize_t first, last, count;
    size_t headers, size, octets;
    uint32_t due;
    unsigned char flags;
    int ended;
};

struct joining {
    struct piece *pieces;
    struct run *runs; /* those that may go on, in the order in which they began */
    Py_ssize_t standing;
    PyObject *found;
};

static int verifies(const unsigned char *packet, size_t length)
{
    return ones_fold(pseudo_sum(packet, length - IP_HEADER), ones_sum(packet + IP_HEADER, length - IP_HEADER)) == 0xFFFF;
}

static int carries_data(const unsigned char *packet)
{
    return packet[33] == ACK || packet[33] == (ACK | PSH);
}

/* Octets of both headers of a segment that may be part of a run; 0 for everything else. */
static size_t headers_of(const struct piece *piece)
{
    const unsigned char *packet = piece->octets;
    size_t length = piece->length;
    if (length <= SMALLEST || length > LARGEST_PACKET || packet[0] != 0x45 || packet[9] != TCP ||
        get16(packet + 6) != 0x4000 || !carries_data(packet))
        return 0;
    size_t headers = IP_HEADER + (size_t)(packet[32] >> 4) * 4;
    if (headers < SMALLEST || headers >= length || get16(packet + 2) != length || !verifies(packet, length))
        return 0;
    return headers;
}

/* Whether headers of so many octets differ in nothing but lengths, identification, number, checksums, and flags. */
static int alike(const unsigned char *one, const unsigned char *other, size_t headers)
{
    static const struct {
        size_t begin, end;
    } same[] = {{0, 2}, {6, 10}, {12, 24}, {28, 33}, {34, 36}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (memcmp(one + same[i].begin, other + same[i].begin, same[i].end - same[i].begin) != 0)
            return 0;
    return memcmp(one + 38, other + 38, headers - 38) == 0;
}

static int goes_on(const struct joining *all, const struct run *run, const struct piece *piece)
{
    const unsigned char *packet = piece->octets, *first = all->pieces[run->first].octets;
    if (run->ended || piece->length <= run->headers)
        return 0;
    size_t size = piece->length - run->headers;
    return size <= run->size && run->octets + size <= LARGEST_PACKET && get32(packet + 24) == run->due &&
           alike(first, packet, run->headers) && carries_data(packet) && get16(packet + 2) == piece->length &&
           verifies(packet, piece->length);
}

static void go_on(struct joining *all, struct run *run, Py_ssize_t number)
{
    const struct piece *piece = &all->pieces[number];
    size_t size = piece->length - run->headers;
    all->pieces[run->last].next = number;
    run->last = number;
    run->count++;
    run->due += (uint32_t)size;
    run->octets += size;
    run->flags = piece->octets[33];
    run->ended = size < run->size || run->flags == (ACK | PSH);
}

static struct run begun(const struct piece *piece, Py_ssize_t number, size_t headers)
{
    const unsigned char *packet = piece->octets;
    size_t size = piece->length - headers;
    return (struct run){number, number, 1, headers, size, piece->length, get32(packet + 24) + (uint32_t)size, packet[33],
                        packet[33] == (ACK | PSH)};
}

/* How many packets, and what is to be written for them: header and octets of one packet, or of a whole run. */
static int told(struct joining *all, Py_ssize_t count, PyObject *written)
{
    PyObject *pair = written == NULL ? NULL : Py_BuildValue("nN", count, written);
    int done = pair == NULL ? -1 : PyList_Append(all->found, pair);
    Py_XDECREF(pair);
    return done;
}

static int one_alone(struct joining *all, const struct piece *piece)
{
    PyObject *written = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(VIRTIO_HEADER + piece->length));
    if (written != NULL) {
        unsigned char *out = (unsigned char *)PyBytes_AsString(written);
        memset(out, 0, VIRTIO_HEADER);
        memcpy(out + VIRTIO_HEADER, piece->octets, piece->length);
    }
    return told(all, 1, written);
}

/* The virtio header in the machine's order: flags, kind, octets of headers, of a segment, where the checksum begins, and
 * where in it its field is.
 */
static void virtio_header(unsigned char *out, size_t headers, size_t size)
{
    uint16_t fields[4] = {(uint16_t)headers, (uint16_t)size, IP_HEADER, TCP_CHECKSUM};
    out[0] = NEEDS_CHECKSUM;
    out[1] = TCP_SEGMENTS;
    memcpy(out + 2, fields, sizeof fields);
}

static int flush(struct joining *all, const struct run *run)
{
    const struct piece *piece = &all->pieces[run->first];
    if (run->count == 1)
        return one_alone(all, piece);
    PyObject *written = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(VIRTIO_HEADER + run->octets));
    if (written == NULL)
        return -1;
    unsigned char *out = (unsigned char *)PyBytes_AsString(written), *ip = out + VIRTIO_HEADER;
    virtio_header(out, run->headers, run->size);
    memcpy(ip, piece->octets, run->headers);
    put16(ip + 2, run->octets);
    put16(ip + 10, 0);
    put16(ip + 10, ~ones_sum(ip, IP_HEADER) & 0xFFFF);
    ip[33] = run->flags;
    put16(ip + 36, pseudo_sum(ip, run->octets - IP_HEADER));
    out = ip + run->headers;
    for (Py_ssize_t i = run->first; i >= 0; i = all->pieces[i].next) {
        size_t size = all->pieces[i].length - run->headers;
        memcpy(out, all->pieces[i].octets + run->headers, size);
        out += size;
    }
    return told(all, run->count, written);
}

static struct run *run_of(struct joining *all, const struct piece *piece)
{
    for (Py_ssize_t i = 0; piece->length >= ENDS + 12 && i < all->standing; i++)
        if (memcmp(all->pieces[all->runs[i].first].octets + 12, piece->octets + 12, ENDS) == 0)
            return &all->runs[i];
    return NULL;
}

static int take(struct joining *all, Py_ssize_t number)
{
    const struct piece *piece = &all->pieces[number];
    struct run *run = run_of(all, piece);
    if (run != NULL) {
        if (goes_on(all, run, piece)) {
            go_on(all, run, number);
            return 0;
        }
        struct run ended = *run;
        all->standing--;
        memmove(run, run + 1, (size_t)(all->runs + all->standing - run) * sizeof *run);
        if (flush(all, &ended) < 0)
            return -1;
    }
    size_t headers = headers_of(piece);
    if (headers == 0)
        return one_alone(all, piece);
    all->runs[all->standing++] = begun(piece, number, headers);
    return 0;
}

static int join_all(struct joining *all, PyObject *packets)
{
    Py_ssize_t count = PyList_Size(packets);
    for (Py_ssize_t i = 0; i < count; i++) {
        char *octets;
        Py_ssize_t length;
        if (PyBytes_AsStringAndSize(PyList_GetItem(packets, i), &octets, &length) < 0)
            return -1;
        all->pieces[i] = (struct piece){(unsigned char *)octets, (size_t)length, -1};
        if (take(all, i) < 0)
            return -1;
    }
    for (Py_ssize_t i = 0; i < all->standing; i++)
        if (flush(all, &all->runs[i]) < 0)
            return -1;
    return 0;
}

/* joined(packets): what to write to a TUN device so that it takes them all, each with the number of packets in it. */
static PyObject *native_joined(PyObject *module, PyObject *args)
{
    PyObject *packets;
    (void)module;
    if (!PyArg_ParseTuple(args, "O!", &PyList_Type, &packets))
        return NULL;
    size_t count = (size_t)PyList_Size(packets) + 1;
    struct joining all = {PyMem_Calloc(count, sizeof(struct piece)), PyMem_Calloc(count, sizeof(struct run)), 0,
                          PyList_New(0)};
    if (all.pieces == NULL || all.runs == NULL || all.found == NULL) {
        PyErr_NoMemory();
        Py_CLEAR(all.found);
    } else if (join_all(&all, packets) < 0) {
        Py_CLEAR(all.found);
    }
    PyMem_Free(all.pieces);
    PyMem_Free(all.runs);
    return all.found;
}

static PyMethodDef functions[] = {
    {"cut", native_cut, METH_VARARGS, NULL},
    {"with_checksum", native_with_checksum, METH_VARARGS, NULL},
    {"joined", native_joined, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int segments_init(PyObject *module, struct native_state *state)
{
    (void)state;
    return PyModule_AddFunctions(module, functions);
}
