/*
 * One validator of a private network: a process that is started again when it
 * dies.
 *
 * Several validators are there to survive the loss of one, so the end of one
 * does not end the network. The end of the only one does. One that is started
 * again keeps its ports and enters by all the others.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "devnet/network_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* How long the network does without a validator that has died: long enough to
 * be seen, and a fault at each start does not keep a core busy. */
#define AGAIN_NS (30ull * 1000000000)

/* How often it is looked whether that time is over, once one has died. */
#define LOOK_MS 1000

#define ARGUMENTS_MAX (12 + 2 * NETWORK_VALIDATORS_MAX)

/* The first has the name it has alone. */
static void fill_name(char *out, size_t size, unsigned index)
{
    if (index == 0)
        snprintf(out, size, "validator");
    else
        snprintf(out, size, "validator-%u", index + 1);
}

char *network_validator_path(const struct network *network, unsigned index,
                             const char *name)
{
    char validator[24];

    fill_name(validator, sizeof(validator), index);
    return mem_format("%s/%s%s%s", network->folder, validator, *name ? "/" : "",
                      name);
}

/* The port behind the last colon of an address; "0", any that is free, where
 * there is none yet. */
static const char *port_of(const char *address)
{
    const char *colon = strrchr(address, ':');

    return colon ? colon + 1 : "0";
}

static size_t add_entrypoints(const struct network *network, unsigned index,
                              const char **arguments, size_t count)
{
    for (unsigned i = 0; i < network->validator_count; i++) {
        if (i == index || !*network->validators[i].peer)
            continue;
        arguments[count++] = "--entrypoint";
        arguments[count++] = network->validators[i].peer;
    }
    return count;
}

/* --development makes genesis, keys and faucet where there is no network yet,
 * and goes on with the one that is there. */
int network_validator_start(struct network *network, unsigned index)
{
    struct network_validator *validator = &network->validators[index];
    char *folder = network_validator_path(network, index, "");
    char name[24], port[16], slot_ms[24];
    const char *arguments[ARGUMENTS_MAX] = {
        network->program, "validator", "--dir", folder, "--rpc-port", port};
    size_t count = 6;

    fill_name(name, sizeof(name), index);
    snprintf(port, sizeof(port), "%u", index == 0 ? network->rpc_port : 0);
    snprintf(slot_ms, sizeof(slot_ms), "%" PRIu64, network->slot_ms);
    if (*validator->rpc)
        snprintf(port, sizeof(port), "%s", port_of(validator->rpc));
    if (network->validator_count == 1) {
        arguments[count++] = "--development";
        arguments[count++] = "--slot-ms";
        arguments[count++] = slot_ms;
    } else {
        arguments[count++] = "--peer-port";
        arguments[count++] = port_of(validator->peer);
        count = add_entrypoints(network, index, arguments, count);
    }
    arguments[count] = NULL;
    int status = network_child_start(&validator->child, network->loop, name,
                                     network->folder, arguments);
    free(folder);
    return status;
}

/* ---- While they run ---- */

/* The timer only ends a turn of the loop. */
static void on_again(uv_timer_t *timer)
{
    CHECK(timer->data);
}

static void set_timer(struct network *network)
{
    if (!network->again) {
        network->again = mem_zero(1, sizeof(*network->again));
        CHECK(uv_timer_init(network->loop, network->again) == 0);
        network->again->data = network;
    }
    uv_timer_start(network->again, on_again, LOOK_MS, LOOK_MS);
}

/* It was ready once, or this is the start, which fails with it. */
static int see_end(struct network *network, unsigned index)
{
    struct network_validator *validator = &network->validators[index];
    int status = network_child_failed(&validator->child);

    if (network->validator_count == 1 || !*validator->ws)
        return status;
    validator->again_ns = clock_monotonic_ns() + AGAIN_NS;
    network_note(network, "%s; it is started again in %u s", err_text(),
                 (unsigned)(AGAIN_NS / 1000000000));
    err_clear();
    set_timer(network);
    return 0;
}

int network_validators_look(struct network *network)
{
    int status = 0;

    for (unsigned i = 0; i < network->validator_count && !status; i++) {
        struct network_validator *validator = &network->validators[i];

        if (!validator->child.is_started || !validator->child.has_ended)
            continue;
        if (!validator->again_ns) {
            status = see_end(network, i);
        } else if (clock_monotonic_ns() >= validator->again_ns &&
                   network_child_is_gone(&validator->child)) {
            validator->again_ns = 0;
            network_child_free(&validator->child);
            status = network_validator_start(network, i);
        }
    }
    return status;
}

/* ---- The end ---- */

/* Thread: the loop's, maybe after the network is gone. */
static void on_timer_closed(uv_handle_t *handle)
{
    free(handle);
}

/* All are asked before the first is waited for. */
void network_validators_stop(struct network *network)
{
    if (network->again)
        uv_close((uv_handle_t *)network->again, on_timer_closed);
    network->again = NULL;
    for (unsigned i = 0; i < network->validator_count; i++)
        network_child_stop(&network->validators[i].child);
    for (unsigned i = 0; i < network->validator_count; i++) {
        while (!network_child_is_gone(&network->validators[i].child))
            uv_run(network->loop, UV_RUN_ONCE);
        network_child_free(&network->validators[i].child);
    }
}

/* ---- What is said of them ---- */

unsigned network_validator_count(const struct network *network)
{
    CHECK_MAGIC(network, NETWORK_MAGIC);
    return network->validator_count;
}

void network_validator_look(const struct network *network, unsigned index,
                            struct network_validator_view *out)
{
    CHECK_MAGIC(network, NETWORK_MAGIC);
    CHECK(index < network->validator_count);
    const struct network_validator *validator = &network->validators[index];

    *out = (struct network_validator_view){
        .rpc = validator->rpc,
        .ws = validator->ws,
        .identity = validator->identity,
        .pid = validator->child.has_ended ? 0 : validator->child.process.pid};
    fill_name(out->name, sizeof(out->name), index);
}
