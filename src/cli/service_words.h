/*
 * The command line of a server that systemd starts: the operator's options, and
 * what has to be written down because a service has none of the user's
 * settings.
 */
#ifndef POND_CLI_SERVICE_WORDS_H
#define POND_CLI_SERVICE_WORDS_H

#include "cli/cli.h"

/* Words of one server; a gateway may be given OPTION_LIST_MAX times. */
#define SERVICE_WORDS_MAX 256

/* Zero-initialise it; service_words_free() it in any case. */
struct service_words {
    const char *words[SERVICE_WORDS_MAX];
    size_t count;
    const char *folder; /* the server's, as an option has it; NULL: none has */
    /* Below /var/lib, where systemd makes the folder of the machine's unit;
     * NULL: "pond/ROLE". */
    char *state_folder;
    char *own_folder;          /* the same, absolute */
    struct settings_found rpc; /* what words borrow */
};

/* The server that the first argument names: "node" where it is left out, and
 * what comes first is an option of the node's. Valid as long as cli. */
const char *service_words_role(const struct cli *cli);

/* The arguments behind that are read as the server will read them, and added
 * to. ERR_INVALID and ERR_LIMIT say which word is wrong; otherwise the
 * errors of settings.h. */
int service_words_read(struct cli *cli, const char *role, bool is_user,
                       struct service_words *out);
void service_words_free(struct service_words *words);

#endif
