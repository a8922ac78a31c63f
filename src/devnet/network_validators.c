/*
 * The validators of a private network: made, and started together.
 *
 * One validator makes its network by itself (`--development`). For several, the
 * keys come first: a list of them makes the genesis in the first one's folder,
 * and each of the others takes that genesis over, as operators on different
 * machines would.
 *
 * The first is started alone, because its peer port is known only when it is
 * ready, and the others enter by it.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/program.h"
#include "crypto/keyfile.h"
#include "devnet/network_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Each validator's stake. All are equal; the amount means nothing. */
#define STAKE_ROE (1000ull * 1000000000)

/* What a command that makes a folder may say, for the error. */
#define SAID_MAX 4096

static bool has_network(const struct network *network, unsigned index)
{
    char *path = network_validator_path(network, index, "genesis.json");
    bool is_there = file_exists(path);

    free(path);
    return is_there;
}

/* ---- Making ---- */

/* Run `pond validator --init` with those words to its end. */
static int init(struct network *network, const char *const *words)
{
    const struct program_run run = {.words = words, .said_max = SAID_MAX};
    struct buffer said = {0};
    bool has_succeeded = false;
    int status = program_run(&run, &said, &has_succeeded);

    if (!status && !has_succeeded)
        status = err_set(ERR_STATE, "no network could be made in %s: %s",
                         network->folder, buffer_string(&said));
    buffer_free(&said);
    return status;
}

/* The key is made where there is none: a start that was cut off goes on. */
static int make_key(struct network *network, unsigned index,
                    struct pubkey *identity)
{
    char *folder = network_validator_path(network, index, "");
    char *path = network_validator_path(network, index, "identity.json");
    struct keypair keypair = {0};
    bool is_new = false;
    int status = file_make_folder(folder, 0700);

    if (!status)
        status = keyfile_open_or_make(path, NULL, true, &keypair, &is_new);
    *identity = keypair.pubkey;
    keypair_wipe(&keypair);
    free(path);
    free(folder);
    return status;
}

/* FOLDER/validators.json, which `pond validator --init --validators` reads. */
static int write_list(struct network *network, char **path)
{
    struct buffer text = {0};
    int status = 0;

    *path = mem_format("%s/validators.json", network->folder);
    for (unsigned i = 0; i < network->validator_count && !status; i++) {
        struct pubkey identity;

        status = make_key(network, i, &identity);
        if (!status)
            buffer_format(&text, "%s{\"identity\":\"%s\",\"stake\":%llu}",
                          i ? ",\n " : "[", PUBKEY_TEXT(&identity), STAKE_ROE);
    }
    buffer_text(&text, "]\n");
    if (!status)
        status = file_replace(*path, buffer_view(&text), 0644);
    buffer_free(&text);
    return status;
}

static int make_first(struct network *network)
{
    char *folder = network_validator_path(network, 0, ""), *list = NULL;
    char slot_ms[24];
    int status = write_list(network, &list);
    const char *const words[] = {
        network->program, "validator", "--init",       "--dir", folder,
        "--slot-ms",      slot_ms,     "--validators", list,    NULL};

    snprintf(slot_ms, sizeof(slot_ms), "%" PRIu64, network->slot_ms);
    if (!status)
        status = init(network, words);
    free(list);
    free(folder);
    return status;
}

/* Every endpoint of a private network pays airdrops, so each folder has the
 * faucet's key. */
static int copy_faucet(struct network *network, unsigned index)
{
    char *from = network_validator_path(network, 0, "faucet.json");
    char *to = network_validator_path(network, index, "faucet.json");
    struct keypair faucet = {0};
    int status = keyfile_read(from, &faucet);

    if (!status)
        status = keyfile_write(to, &faucet, true);
    keypair_wipe(&faucet);
    free(to);
    free(from);
    return status;
}

static int make_other(struct network *network, unsigned index)
{
    char *folder = network_validator_path(network, index, "");
    char *genesis = network_validator_path(network, 0, "genesis.json");
    const char *const words[] = {network->program, "validator", "--init",
                                 "--dir",          folder,      "--genesis",
                                 genesis,          NULL};
    int status = copy_faucet(network, index);

    if (!status)
        status = init(network, words);
    free(genesis);
    free(folder);
    return status;
}

/* How many validators the network in the folder has; 0: there is none. The
 * first folder is made first and the list before it, so the list counts. */
static int count_there(struct network *network, unsigned *out)
{
    char *path = mem_format("%s/validators.json", network->folder);
    struct json_object *list = NULL;
    int status = 0;

    *out = has_network(network, 0) ? 1 : 0;
    if (*out && file_exists(path)) {
        struct buffer text = {0};

        status = file_read(path, NETWORK_VALIDATORS_MAX * 256, &text);
        if (!status)
            status = json_parse(buffer_view(&text), &list);
        if (!status && !json_object_is_type(list, json_type_array))
            status = err_set(ERR_CORRUPT, "it is no list of validators");
        if (!status)
            *out = (unsigned)json_object_array_length(list);
        else
            err_add(status, "%s", path);
        json_object_put(list);
        buffer_free(&text);
    }
    free(path);
    return status;
}

/* A network keeps the number of validators that it was made with. */
static int choose_count(struct network *network)
{
    unsigned there;
    int status = count_there(network, &there);

    if (status)
        return status;
    if (there && network->validator_count && there != network->validator_count)
        return err_set(ERR_STATE,
                       "the network in %s has %u validator%s, not %u",
                       network->folder, there, there == 1 ? "" : "s",
                       network->validator_count);
    if (there)
        network->validator_count = there;
    else if (!network->validator_count)
        network->validator_count = 1;
    if (network->validator_count > NETWORK_VALIDATORS_MAX)
        return err_set(ERR_LIMIT, "%s names more than %u validators",
                       network->folder, NETWORK_VALIDATORS_MAX);
    return 0;
}

/* One validator makes its own network when it is started. */
static int make(struct network *network)
{
    int status = choose_count(network);

    if (status || network->validator_count == 1)
        return status;
    if (!has_network(network, 0))
        status = make_first(network);
    for (unsigned i = 1; i < network->validator_count && !status; i++) {
        if (!has_network(network, i))
            status = make_other(network, i);
    }
    return status;
}

/* ---- Starting ---- */

/* Its ready line says which ports it really has. */
static int meet(struct network *network, unsigned index)
{
    struct network_validator *validator = &network->validators[index];
    char *path = network_validator_path(network, index, "identity.json");
    int status = 0;

    while (!status && !validator->child.is_ready)
        status = network_turn(network);
    if (!status)
        status = network_child_value(&validator->child, "rpc", validator->rpc,
                                     sizeof(validator->rpc));
    if (!status)
        status = network_child_value(&validator->child, "ws", validator->ws,
                                     sizeof(validator->ws));
    if (!status && network->validator_count > 1)
        status = network_child_value(&validator->child, "peer", validator->peer,
                                     sizeof(validator->peer));
    if (!status)
        status = keyfile_address(path, &validator->identity, NULL);
    free(path);
    return status;
}

int network_validators_start(struct network *network)
{
    int status = make(network);

    if (!status)
        status = network_validator_start(network, 0);
    if (!status)
        status = meet(network, 0);
    for (unsigned i = 1; i < network->validator_count && !status; i++)
        status = network_validator_start(network, i);
    for (unsigned i = 1; i < network->validator_count && !status; i++)
        status = meet(network, i);
    return status;
}
