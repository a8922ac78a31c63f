/*
 * What the chain says about one task, kept by the node: the fixed terms, the
 * maps of stakes, addresses and balances, and how old all of it is.
 *
 * Thread: the loop's.
 *
 * It is a picture of one moment, replaced as a whole: a duty that needs the
 * chain's newest word for a decision asks for it and does not read it here.
 * Before the first answer is_known is false and every figure is 0.
 */
#ifndef POND_NODE_TASK_TASK_VIEW_H
#define POND_NODE_TASK_TASK_VIEW_H

#include "client/client.h"
#include "node/task/round.h"
#include "settlement/format/task_instruction.h"

/* Amounts in roe, or of a token. Texts are cut to their fields; the chain's are
 * no longer. clock has passed round_clock_check() whenever is_known. */
struct task_view {
    bool is_known;
    uint64_t slot; /* at which this was true */
    bool is_active;
    bool is_migrated;
    char name[TASK_NAME_SIZE + 1];
    char audit_program[65];
    char executable_network[65];
    struct pubkey stake_pot;
    bool is_kpl;         /* paid in tokens; amounts are base units then */
    struct pubkey token; /* their mint */
    struct round_clock clock;
    uint64_t minimum_stake;
    uint64_t total_bounty;
    uint64_t bounty_per_round;
    struct json_object *state; /* the whole answer, owned */
};

/* Take over what an answer says (copied; the JSON by reference). ERR_INVALID if
 * its windows are impossible. After an error the view is what it was. */
int task_view_take(struct task_view *view, const struct client_task *task);
void task_view_free(struct task_view *view);

/* Figures of one key; 0 where the maps have none. */
uint64_t task_view_stake(const struct task_view *view,
                         const struct pubkey *key);
uint64_t task_view_balance(const struct task_view *view,
                           const struct pubkey *key);

/* The base URL that a key staked with; NULL if it gave none, or no URL. Valid
 * until the next task_view_take(). */
const char *task_view_address(const struct task_view *view,
                              const struct pubkey *key);

/* A walk over the addresses. Zero is its beginning; the view must stay as it is
 * between the steps. */
struct task_view_walk {
    bool has_begun;
    struct json_object_iterator at, end;
};

/* One step: false at the end. What is no URL is stepped over. *address is valid
 * as with task_view_address(). The order means nothing. */
bool task_view_next_address(const struct task_view *view,
                            struct task_view_walk *walk, const char **address);

struct node_parts;
struct source_list;
/* Those addresses, as long as there are places (reach/source_list.h). own: this
 * node's key, whose stake may name an address that it has no longer. */
void task_view_add_peers(const struct task_view *view, const struct pubkey *own,
                         const struct node_parts *parts,
                         struct source_list *list);

/* The peers that have staked with an address, as an array in the form of Koii's
 * node registry: {"data":{"url"},"submitterPubkey"}. The array is the
 * caller's, open. */
void task_view_write_nodes(const struct task_view *view,
                           struct json_writer *writer);

#endif
