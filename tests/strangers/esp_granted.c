/* Preloaded into an IKE daemon on a kernel without ESP: the kernel's refusal of an SA is read as its consent.
 *
 * Such a kernel answers XFRM_MSG_NEWSA and XFRM_MSG_UPDSA with -EPROTONOSUPPORT, and what asks for or removes that SA
 * later with -ESRCH. Here both become 0, so that a quick mode completes; there is no data plane. Policies, routes and
 * everything else is left to the kernel as it is.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stddef.h>
#include <sys/socket.h>

static int is_xfrm(int fd)
{
	int value = 0;
	socklen_t length = sizeof value;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &length) || value != AF_NETLINK)
		return 0;
	length = sizeof value;
	return !getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &value, &length) && value == NETLINK_XFRM;
}

static void grant(int fd, void *buffer, ssize_t got)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} *reply = buffer;
	int type;

	if (got < (ssize_t)sizeof *reply || reply->header.nlmsg_type != NLMSG_ERROR || !is_xfrm(fd))
		return;
	type = reply->error.msg.nlmsg_type;
	if ((type == XFRM_MSG_NEWSA || type == XFRM_MSG_UPDSA) && reply->error.error == -EPROTONOSUPPORT)
		reply->error.error = 0;
	if (type == XFRM_MSG_DELSA && reply->error.error == -ESRCH)
		reply->error.error = 0;
}

ssize_t recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *from, socklen_t *length)
{
	static ssize_t (*real)(int, void *, size_t, int, struct sockaddr *, socklen_t *);
	ssize_t got;

	if (!real)
		real = dlsym(RTLD_NEXT, "recvfrom");
	got = real(fd, buffer, size, flags, from, length);
	grant(fd, buffer, got);
	return got;
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	return recvfrom(fd, buffer, size, flags, NULL, NULL);
}
