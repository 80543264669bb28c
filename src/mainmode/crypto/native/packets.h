/* IPv4 packets and TCP segments as octets: sums, what names a connection, and segments out of a super-packet. Nothing here
 * touches Python. Whoever calls has checked the lengths that a function names.
 */
#ifndef MAINMODE_PACKETS_H
#define MAINMODE_PACKETS_H

#include <stddef.h>
#include <stdint.h>

#define IP_HEADER 20
#define LARGEST_PACKET 65535
#define TCP 6
#define FIN 0x01
#define PSH 0x08
#define ACK 0x10
#define CWR 0x80

/* A packet of one TCP connection that is to be cut: octets of both headers, and of the data of each segment. */
struct super {
    const unsigned char *octets;
    size_t length, ip, headers, size;
};

static inline unsigned get16(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static inline uint32_t get32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void put16(unsigned char *at, size_t value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static inline void put32(unsigned char *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xFFFF);
}

/* The sum of RFC 1071 over octets, not complemented. */
uint32_t ones_sum(const unsigned char *octets, size_t length);

/* Two such sums as one, folded into 16 bits. */
uint32_t ones_fold(uint32_t one, uint32_t other);

/* The sum of TCP's pseudo-header in front of `length` octets of a segment; the packet has both addresses. */
uint32_t pseudo_sum(const unsigned char *packet, size_t length);

/* Whether octets are a super-packet that can be cut into segments with `size` octets of data. Fills in `super`. */
int super_of(struct super *super, const unsigned char *octets, size_t length, size_t size);

size_t super_count(const struct super *super);

/* Octets of the segment with this number, from 0. */
size_t segment_length(const struct super *super, size_t number);

/* The segment itself, as the kernel cuts it (linux net/ipv4/tcp_offload.c): so many octets to `out`. */
void segment_to(const struct super *super, size_t number, unsigned char *out);

/* Octets of `key` (16 at most) that name the connection of a packet which may take a lane; 0 for one that may not: it is
 * whole, has no options and a right checksum, and opens or closes no TCP connection (device/express.py).
 */
size_t lane_key(const unsigned char *packet, size_t length, unsigned char *key);

#endif
