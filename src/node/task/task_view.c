/*
 * The maps stay the JSON tree that came: they are looked into by key a few
 * times a round, and a copy of ten thousand entries for that would be waste.
 *
 * What is used often (clock, minimum stake, bounty) is copied out into fields
 * once; what is a stranger's text is looked at when it is used.
 */
#include "node/task/task_view.h"

#include "base/check.h"
#include "base/error.h"
#include "node/reach/peer_url.h"
#include "node/reach/source_list.h"

#include <stdio.h>

/* The old answer goes only when the new one is sound. client_task lives for its
 * callback alone, so texts are copied; the tree is kept by a reference. */
int task_view_take(struct task_view *view, const struct client_task *task)
{
    const struct round_clock clock = {
        .starting_slot = task->starting_slot,
        .round_time = task->round_time,
        .submission_window = task->submission_window,
        .audit_window = task->audit_window,
        .allowed_failed_distributions = task->allowed_failed_distributions,
    };
    int status = round_clock_check(&clock);

    CHECK(task->state);
    if (status)
        return status;
    task_view_free(view);
    view->is_known = true;
    view->slot = task->slot;
    view->is_active = task->is_active;
    view->is_migrated = task->is_migrated;
    snprintf(view->name, sizeof(view->name), "%s", task->task_name);
    snprintf(view->audit_program, sizeof(view->audit_program), "%s",
             task->task_audit_program);
    snprintf(view->executable_network, sizeof(view->executable_network), "%s",
             task->task_executable_network);
    view->stake_pot = task->stake_pot_account;
    view->is_kpl = task->is_kpl;
    view->token = task->token;
    view->clock = clock;
    view->minimum_stake = task->minimum_stake_amount;
    view->total_bounty = task->total_bounty_amount;
    view->bounty_per_round = task->bounty_amount_per_round;
    view->state = json_object_get(task->state);
    return 0;
}

/* Leaves a view that knows nothing. */
void task_view_free(struct task_view *view)
{
    json_object_put(view->state);
    memset(view, 0, sizeof(*view));
}

/* A task without stakes has no map at all. A figure that does not fit is taken
 * for none, too, because it could not be used. */
static uint64_t number_of(const struct task_view *view, const char *map,
                          const struct pubkey *key)
{
    struct json_object *inner;
    uint64_t value;

    if (!view->state || json_get_object(view->state, map, &inner) < 0 ||
        json_get_u64(inner, PUBKEY_TEXT(key), &value) < 0)
        return 0;
    return value;
}

/* In roe. */
uint64_t task_view_stake(const struct task_view *view, const struct pubkey *key)
{
    return number_of(view, "stake_list", key);
}

/* In roe; what a claim would bring now. */
uint64_t task_view_balance(const struct task_view *view,
                           const struct pubkey *key)
{
    return number_of(view, "available_balances", key);
}

/* What stands on chain is a stranger's text: only a plain URL is used. */
static const char *checked_address(struct json_object *value)
{
    if (!json_object_is_type(value, json_type_string))
        return NULL;
    const char *text = json_object_get_string(value);
    return peer_url_check(text) ? NULL : text;
}

/* See checked_address(). */
const char *task_view_address(const struct task_view *view,
                              const struct pubkey *key)
{
    struct json_object *inner, *value;

    if (!view->state ||
        json_get_object(view->state, "ip_address_list", &inner) < 0 ||
        !json_object_object_get_ex(inner, PUBKEY_TEXT(key), &value))
        return NULL;
    return checked_address(value);
}

/* Each step goes on where the last one stopped: a task may have very many
 * addresses, of which few are of use. */
bool task_view_next_address(const struct task_view *view,
                            struct task_view_walk *walk, const char **address)
{
    struct json_object *inner;

    if (!walk->has_begun) {
        if (!view->state ||
            json_get_object(view->state, "ip_address_list", &inner) < 0)
            return false;
        walk->has_begun = true;
        walk->at = json_object_iter_begin(inner);
        walk->end = json_object_iter_end(inner);
    }
    while (!json_object_iter_equal(&walk->at, &walk->end)) {
        *address = checked_address(json_object_iter_peek_value(&walk->at));
        json_object_iter_next(&walk->at);
        if (*address)
            return true;
    }
    return false;
}

void task_view_add_peers(const struct task_view *view, const struct pubkey *own,
                         const struct node_parts *parts,
                         struct source_list *list)
{
    struct task_view_walk walk = {0};
    const char *address, *left = task_view_address(view, own);

    while (task_view_next_address(view, &walk, &address))
        if ((!left || strcmp(address, left) != 0) &&
            !source_list_add_peer(list, parts, address))
            break;
}

/* Addresses that can't be asked are left out. */
void task_view_write_nodes(const struct task_view *view,
                           struct json_writer *writer)
{
    struct json_object *addresses;

    if (json_get_object(view->state, "ip_address_list", &addresses) == 0) {
        json_object_object_foreach(addresses, key, value)
        {
            struct pubkey peer;

            (void)value;
            if (pubkey_parse(bytes_text(key), &peer) < 0 ||
                !task_view_address(view, &peer))
                continue;
            json_open_object(writer);
            json_name(writer, "data");
            json_open_object(writer);
            json_field_text(writer, "url", task_view_address(view, &peer));
            json_close_object(writer);
            json_field_text(writer, "submitterPubkey", key);
            json_close_object(writer);
        }
    }
}
