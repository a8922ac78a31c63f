/*
 * How a node, and a task on it, are to be run, and to rest. node.h says what
 * the fields are for. This is a header of its own, because the parts of a node
 * read them, too.
 */
#ifndef POND_NODE_PARTS_NODE_OPTIONS_H
#define POND_NODE_PARTS_NODE_OPTIONS_H

#include "crypto/key.h"
#include "crypto/passphrase.h"
#include "net/address_rule.h"
#include "node/parts/task_reason.h"
#include "runtime/wire/confinement.h"
#include <stdbool.h>
#include <stdint.h>

/* Koii's, where none is asked for; 0 in the options is "any free one". */
#define NODE_PORT_DEFAULT 30017

/* What a task may take beside its bundle, unless the operator says otherwise.
 */
#define NODE_WORKER_MEMORY_DEFAULT (512ull << 20)

struct signer; /* node/money/signer.h */

/* What runs a task's code (docs/runtime.md, "Engines"). */
enum node_engine {
    NODE_ENGINE_UNSET, /* of a task: what the node has; of a node: auto */
    NODE_ENGINE_AUTO,  /* what the task's metadata names; else pond, and node
                          once the task asked for what pond does not have */
    NODE_ENGINE_POND,
    NODE_ENGINE_NODE,
};

/* Texts are copied; NULL or 0 where it says "default". */
struct node_options {
    const char *folder;  /* made if absent; the keys too */
    const char *account; /* NULL: the one that wallets have by default */
    const char *rpc_url; /* settlement, one or several (client/client.h) */
    /* The URLs of a network that its user knows by name, as in rpc_url, and to
     * be freed: ERR_NOT_FOUND. Blocks. NULL: networks have no names. */
    int (*find_network)(const char *name, char **urls);
    const char *listen_address; /* default "0.0.0.0" */
    uint16_t listen_port;       /* 0: any free one; at later starts the same
                                   one if it is free then */
    const char *public_url;     /* what peers are given, at most 64 bytes;
                                   default http://<listen address>:<port> */
    uint16_t control_port;      /* 0: node_control.h says which */
    const char *page_host;    /* the name by which a proxy with TLS asks for the
                                 page; default none */
    uint32_t page_user;       /* the user id of that proxy */
    const char *network_name; /* as its operator calls the network; default
                                 "private" */
    const char *worker_path;  /* the pond-worker program */
    const char *signer_path;  /* the pond-signer program; NULL: the keys are in
                                 this process, and not sealed (tests) */
    struct passphrase_source passphrase; /* of the keys */
    struct signer *signer; /* with the keys open already, on the same loop, in
                              place of a source; taken over by node_start(),
                              also where that fails */
    bool is_plain;         /* new keys are not sealed */
    enum node_engine engine;
    const char *node_program; /* the system's node (runtime/koii); NULL: tasks
                                 of the engine node can't run */
    const char *launch_path;  /* the pond-launch program; NULL: tasks of the
                                 engine node can't be confined, and run only
                                 if anything goes, in this machine's network */
    const char *const *gateways; /* base URLs asked for code and evidence after
                                    the peers; NULL-ended; default none */
    /* What tasks and peers' addresses may lead to; default:
     * address_rule_public. */
    const struct address_rule *network;
    const char *webhook;      /* notifications are sent there; default none */
    uint64_t balance_low_roe; /* alarms for the main wallet; default 0.2 and 0.1
                                 KOII */
    uint64_t balance_critical_roe;
    uint64_t claim_threshold_roe; /* claim a task's rewards by itself from this
                                     balance on; 0: never */
    bool
        auto_upgrade; /* go on with a task's next version of the same creator */
    uint64_t store_limit_bytes; /* default 10 GiB */
    /* What the pins of one task may come to; default: a quarter of the above.
     */
    uint64_t task_store_limit_bytes;
    uint64_t worker_memory_bytes; /* resident limit a worker; default 512 MiB
                                     beside what its bundle takes */
    uint32_t task_cpu_percent;    /* processor time of a task, of one processor;
                                     default: no limit */
    uint64_t task_disk_bytes;     /* of a task's folder; default 1 GiB, on the
                                     engine node 2 GiB */
    enum confinement_wanted confinement; /* what has to confine tasks */
    /* What the owner of the machine allows (node/owner/condition.h): NAME=VALUE
     * each, NULL-ended; set as at run time, and kept. NULL: nothing new. */
    const char *const *conditions;
    const char *machine_root; /* before /proc and /sys, where a container has
                                 the machine's elsewhere; default "" */
};

/* Copied. What is said here is written down and holds for later starts, too. */
struct node_task_options {
    struct pubkey task;
    uint64_t stake_roe;     /* stake at least this much first; 0: needs none
                               beyond what is there */
    const char *executable; /* a local main.js in place of the task's own code
                               (development); NULL: the task's */
    const char *variables;  /* JSON object of texts, task variables; or NULL */
    enum node_engine engine;
    bool is_trusted; /* it may be given the secret of the node's staking key */
};

/* Why its operator, or the owner of the machine, lets a task rest now. Its
 * words are static. */
struct task_rest {
    enum task_reason reason; /* TASK_REASON_NONE: it does not rest */
    const char *words;       /* for people */
    bool is_urgent;          /* it ends at once, whatever it owes */
};

#endif
