/*
 * What the files of the operator's orders share: node_owner.c, which has the
 * table, node_owner_tasks.c, which has those about tasks, node_owner_settings.c
 * for hours, conditions and limits, node_owner_book.c for the account book,
 * node_owner_rounds.c for rounds, node_owner_places.c for the node's places,
 * and node_owner_looks.c, which has questions that take their time.
 */
#ifndef POND_NODE_NODE_OWNER_INTERNAL_H
#define POND_NODE_NODE_OWNER_INTERNAL_H

#include "node/node_internal.h"

/* What an order is carried out with. */
struct order {
    struct node *node;
    struct json_object *body;
    struct buffer *answer;
    node_control_done *done;
    node_control_answered *answered;
    void *user;
};

/* The field that most of them have. */
int node_owner_task_in(struct json_object *body, struct pubkey *out);

/* node_owner_book.c. */
int node_owner_ask_earnings(const struct order *order);
int node_owner_ask_book(const struct order *order);
int node_owner_ask_book_csv(const struct order *order);
int node_owner_ask_book_days(const struct order *order);

/* node_owner_rounds.c. */
int node_owner_list_rounds(const struct order *order);
int node_owner_show_round(const struct order *order);
int node_owner_list_duties(const struct order *order);
int node_owner_list_stops(const struct order *order);
int node_owner_list_samples(const struct order *order);

/* node_owner_tasks.c. */
int node_owner_stop_all(const struct order *order);
int node_owner_start_all(const struct order *order);
int node_owner_claim_all(const struct order *order);
int node_owner_empty_staking(const struct order *order);
int node_owner_show_emptying(const struct order *order);
int node_owner_leave(const struct order *order);
int node_owner_cancel_leave(const struct order *order);
int node_owner_upgrade(const struct order *order);
int node_owner_archive(const struct order *order);
int node_owner_list_catalog(const struct order *order);
int node_owner_show_catalog(const struct order *order);
int node_owner_show_metadata(const struct order *order);
int node_owner_show_source(const struct order *order);
int node_owner_keep(const struct order *order);
int node_owner_list_evidence(const struct order *order);
int node_owner_show_evidence(const struct order *order);

/* node_owner_settings.c. */
int node_owner_list_schedule(const struct order *order);
int node_owner_add_session(const struct order *order);
int node_owner_remove_session(const struct order *order);
int node_owner_enable_session(const struct order *order);
int node_owner_put_schedule(const struct order *order);
int node_owner_clear_schedule(const struct order *order);
int node_owner_list_conditions(const struct order *order);
int node_owner_set_condition(const struct order *order);
int node_owner_change_conditions(const struct order *order);
int node_owner_list_preferences(const struct order *order);
int node_owner_change_preferences(const struct order *order);
int node_owner_list_limits(const struct order *order);
int node_owner_set_limits(const struct order *order);

/* node_owner_places.c. */
int node_owner_restart(const struct order *order);
int node_owner_list_choices(const struct order *order);
int node_owner_set_choice(const struct order *order);
int node_owner_show_webhook(const struct order *order);
int node_owner_test_webhook(const struct order *order);
int node_owner_show_reach(const struct order *order);
int node_owner_test_reach(const struct order *order);
int node_owner_show_storage(const struct order *order);
int node_owner_test_gateway(const struct order *order);

#endif
