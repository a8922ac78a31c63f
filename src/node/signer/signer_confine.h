/*
 * What the signing process gives up: before it has keys, so that nothing of
 * them is ever outside, and when it has them, so that nobody gets at them.
 *
 * Thread: the only one.
 */
#ifndef POND_NODE_SIGNER_SIGNER_CONFINE_H
#define POND_NODE_SIGNER_SIGNER_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/* No core dumps, no debugger and no /proc files of another process of this
 * user, no new privileges by execve, and an end with the parent. False: a
 * kernel that can't. */
bool signer_confine_begin(void);

/* Close all descriptors but the one given, and ignore the signals that a
 * terminal or systemd sends to a whole group: the node ends this process. */
void signer_confine_descriptors(int socket);

/* Keep all memory out of swap, or at least the keys and the stack; false:
 * RLIMIT_MEMLOCK is too low for that. */
bool signer_confine_memory(const void *keys, size_t size);

/* From now on: read and write the descriptor given, memory, an end. Any other
 * system call ends the process. False: the kernel takes no filter. */
bool signer_confine_calls(int socket);

#endif
