/* IPv4 packets and TCP segments as octets: see packets.h. */
#include "packets.h"

#include <string.h>

uint32_t ones_sum(const unsigned char *octets, size_t length)
{
    uint64_t sum = 0;
    uint32_t word;
    uint16_t half = 0;
    size_t at = 0;
    for (; at + 4 <= length; at += 4) {
        memcpy(&word, octets + at, 4);
        sum += word;
    }
    if (length - at >= 2) {
        memcpy(&half, octets + at, 2);
        sum += half;
        at += 2;
    }
    if (at < length) {
        half = 0;
        memcpy(&half, octets + at, 1);
        sum += half;
    }
    sum = (sum & 0xFFFFFFFF) + (sum >> 32);
    sum = (sum & 0xFFFFFFFF) + (sum >> 32);
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = (sum & 0xFFFF) + (sum >> 16);
    half = (uint16_t)sum;
    /* The sum is the same whichever way the octets of a word stand, but for its own. */
    unsigned char own[2];
    memcpy(own, &half, 2);
    return get16(own);
}

uint32_t ones_fold(uint32_t one, uint32_t other)
{
    uint32_t sum = one + other;
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (sum & 0xFFFF) + (sum >> 16);
}

uint32_t pseudo_sum(const unsigned char *packet, size_t length)
{
    return ones_fold(ones_sum(packet + 12, 8), (uint32_t)(TCP + length));
}

int super_of(struct super *super, const unsigned char *octets, size_t length, size_t size)
{
    if (length <= IP_HEADER + 20 || length > LARGEST_PACKET || size == 0 || octets[0] >> 4 != 4 || octets[9] != TCP)
        return 0;
    size_t ip = (size_t)(octets[0] & 15) * 4;
    if (ip < IP_HEADER || ip + 20 > length || get16(octets + 2) != length || (get16(octets + 6) & 0x3FFF) != 0)
        return 0;
    size_t headers = ip + (size_t)(octets[ip + 12] >> 4) * 4;
    if (headers < ip + 20 || headers >= length || headers + size > LARGEST_PACKET)
        return 0;
    *super = (struct super){octets, length, ip, headers, size};
    return 1;
}

size_t super_count(const struct super *super)
{
    return (super->length - super->headers + super->size - 1) / super->size;
}

size_t segment_length(const struct super *super, size_t number)
{
    size_t left = super->length - super->headers - number * super->size;
    return super->headers + (left < super->size ? left : super->size);
}

void segment_to(const struct super *super, size_t number, unsigned char *out)
{
    size_t length = segment_length(super, number), offset = number * super->size, ip = super->ip;
    unsigned char *tcp = out + ip;
    memcpy(out, super->octets, super->headers);
    memcpy(out + super->headers, super->octets + super->headers + offset, length - super->headers);
    put16(out + 2, length);
    put16(out + 4, get16(out + 4) + number);
    put16(out + 10, 0);
    put16(out + 10, ~ones_sum(out, ip) & 0xFFFF);
    put32(tcp + 4, get32(tcp + 4) + (uint32_t)offset);
    if (number + 1 < super_count(super))
        tcp[13] &= (unsigned char)~(FIN | PSH);
    if (number > 0)
        tcp[13] &= (unsigned char)~CWR;
    put16(tcp + 16, 0);
    put16(tcp + 16, ~ones_fold(pseudo_sum(out, length - ip), ones_sum(tcp, length - ip)) & 0xFFFF);
}

size_t lane_key(const unsigned char *packet, size_t length, unsigned char *key)
{
    if (length < 28 || packet[0] != 0x45 || get16(packet + 2) != length || (packet[6] & 0xBF) != 0 || packet[7] != 0 ||
        ones_sum(packet, IP_HEADER) != 0xFFFF || get16(packet + 10) == 0xFFFF)
        return 0;
    key[0] = packet[9];
    switch (packet[9]) {
    case TCP:
        if (length < 40 || (packet[33] & 7) != 0)
            return 0;
        memcpy(key + 1, packet + 12, 12);
        return 13;
    case 17:
        memcpy(key + 1, packet + 12, 12);
        return 13;
    case 1:
        if (packet[20] != 0 && packet[20] != 8)
            return 0;
        memcpy(key + 1, packet + 12, 9);
        memcpy(key + 10, packet + 24, 2);
        return 12;
    default:
        memcpy(key + 1, packet + 12, 8);
        return 9;
    }
}
