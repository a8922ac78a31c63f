/*
 * Running a validator for `pond validator`, and what its options say.
 */
#ifndef POND_CLI_VALIDATOR_SERVE_H
#define POND_CLI_VALIDATOR_SERVE_H

#include "cli/command.h"
#include "settlement/validator/validator.h"

/* What the options fill. slot_ms and hashes_per_tick are for a network that is
 * made now; one that is there has its own in genesis.json, and they are not
 * looked at. */
struct validator_values {
    const char *folder, *listen, *validators, *genesis, *restart_from;
    uint64_t rpc_port, peer_port, slot_ms, delta_ms, hashes_per_tick, threads,
        keep_slots;
    uint64_t snapshot_interval, snapshot_keep;
    struct option_list entrypoints;
    bool check, init, development, forgot;
};

/* No port: the option was not given. */
#define VALIDATOR_NO_PORT UINT64_MAX

/* "SLOT:HASH" of --restart-from; NULL: it was not given. ERR_INVALID. */
int validator_serve_restart(const char *text, struct validator_options *out);

/* Whether a folder holds a network. */
bool validator_serve_has_network(const char *folder);

/* Until a signal, or until the validator can't go on. The text of
 * --restart-from is known to be well formed (CHECKed). */
int validator_serve(struct cli *cli, const struct validator_values *given,
                    const char *folder);

#endif
