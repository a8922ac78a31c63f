/*
 * The text of a systemd unit that runs `pond node` or `pond validator`.
 *
 * A unit takes from the server what it never needs. It leaves it what the
 * sandbox of tasks is made of: namespaces, mounts in them, a /proc without
 * covers (a covered one can't be mounted again inside), memory that is writable
 * and executable for the JavaScript engine, and a cgroup of its own.
 *
 * No state, no I/O. Thread: any.
 */
#ifndef POND_CLI_SERVICE_UNIT_H
#define POND_CLI_SERVICE_UNIT_H

#include "base/buffer.h"

/* Texts are borrowed. */
struct service_unit {
    const char *role;    /* "node" or "validator" */
    const char *program; /* path of this program, absolute */
    /* Of the server's command line, behind the role. */
    const char *const *words;
    size_t word_count;
    bool is_user;       /* of one user's own systemd */
    const char *run_as; /* a system unit's user; NULL: one that systemd makes
                           for it while it runs */
    const char *folder; /* the server's; NULL: one below /var/lib that systemd
                           makes for it, and which the words name */
    const char *state_folder; /* that one, below /var/lib; NULL: "pond/ROLE" */
    const char *passphrase_file; /* opens the node's wallets; NULL: none */
};

/* The first line of every unit that is written here. A file that begins with
 * another is somebody else's. */
#define SERVICE_UNIT_MARK "# Written by `pond service install`."

/* Append the unit (systemd.service(5), systemd.exec(5)). */
void service_unit_write(const struct service_unit *unit, struct buffer *out);

/* Append a word of a command line in a unit's form: whatever it holds, systemd
 * reads the same word again. */
void service_unit_word(const char *word, struct buffer *out);

#endif
