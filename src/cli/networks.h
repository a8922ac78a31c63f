/*
 * The settlement networks that a user knows by name, with the URLs of their
 * endpoints: some that come with the program, and those of
 * ~/.config/pond/networks.json,
 *
 *     {"use": "testnet",
 *      "networks": [{"name": "home", "urls": ["http://10.0.0.2:10899"]}]}
 *
 * which `pond network` writes and a user may edit. A network of the file stands
 * in for one of the same name that comes with the program. The file is its
 * owner's alone (mode 0600): URLs of providers hold their customer's key.
 *
 * Calls block for as long as the disk takes. Thread: the main one.
 */
#ifndef POND_CLI_NETWORKS_H
#define POND_CLI_NETWORKS_H

#include "client/endpoint_choice.h"

#include <stdbool.h>
#include <stddef.h>

#define NETWORKS_MAX 64
#define NETWORK_NAME_MAX 32 /* bytes */
#define NETWORK_URLS_MAX ENDPOINTS_MAX

/* The private network of this machine. It has the default folders that a
 * command has where no network was chosen. */
#define NETWORK_LOCAL "local"
#define NETWORK_LOCAL_URL "http://127.0.0.1:10899"

struct known_network {
    char *name;
    char *urls;    /* in the order of preference, with blanks between them */
    bool is_ready; /* comes with the program */
    bool is_own;   /* stands in the file */
};

struct networks {
    char *path; /* of the file */
    struct known_network list[NETWORKS_MAX];
    size_t count;
    char *used; /* chosen by `pond network use`; NULL: none */
};

/* Those that come with the program, then those of the file. networks_free()
 * them in any case. ERR_INVALID names the file and what is wrong in it. */
int networks_read(struct networks *out);
void networks_free(struct networks *networks);

/* NULL: there is none. "localhost" is another name of NETWORK_LOCAL. */
const struct known_network *networks_find(const struct networks *networks,
                                          const char *name);

/* Letters, digits, '-', '_' and '.', the first a letter or digit: a name is
 * that of a folder, too. ERR_INVALID. */
int networks_check_name(const char *name);

/* Add one, or give it other URLs; urls as above. ERR_LIMIT. */
int networks_put(struct networks *networks, const char *name, const char *urls);

/* Forget what the file says of it; of one that comes with the program its own
 * URLs count again. It is not used any more if it is gone. ERR_NOT_FOUND. */
int networks_remove(struct networks *networks, const char *name);

/* The one of all commands that name none; NULL: none. ERR_NOT_FOUND. */
int networks_use(struct networks *networks, const char *name);

int networks_write(const struct networks *networks);

#endif
