/*
 * What the parts of the client share. Only client_*.c include this.
 */
#ifndef POND_CLIENT_CLIENT_INTERNAL_H
#define POND_CLIENT_CLIENT_INTERNAL_H

#include "base/arena.h"
#include "base/buffer.h"
#include "client/client.h"
#include "client/client_endpoints.h"

struct http_client;
struct http_call;
struct client_call;
struct client_sending;

/*
 * Invariants:
 *
 * 1. Each callback runs exactly once, on the loop's thread, and never inside
 *    the call that started it.
 * 2. calls, slots and sendings hold all that is under way. Once is_closing,
 *    the poll timer's next turn ends each of them with ERR_CANCELLED.
 * 3. remote_code and remote_data belong to the callback that is running, or the
 *    first to the wait that ended last; else 0 and NULL.
 * 4. The poll timer runs while there are sendings, and costs nothing else.
 */
struct client {
    unsigned magic;
    uv_loop_t *loop;
    struct http_client *http;
    struct client_endpoints endpoints;
    uint64_t next_id;
    int remote_code;
    size_t answered_by; /* the endpoint of the callback that is running */
    struct json_object *remote_data; /* "data" of the error; borrowed, valid
                                        inside the callback */
    struct client_call *calls;       /* under way; doubly linked */
    struct client_slots *slots;      /* subscriptions; doubly linked */
    struct map *kpl_tasks;           /* client_task.c: keys of KPL tasks */

    /* client_send.c */
    struct client_sending *sendings; /* transactions followed; linked */
    uv_timer_t poll_timer;
    uint32_t poll_ms;
    bool is_polling;          /* a status call is under way */
    bool height_is_asked;     /* a height call is under way */
    uint64_t block_height;    /* last heard of */
    uint64_t height_asked_ms; /* loop time of the last question */
    uint64_t heard_ms;        /* loop time of the last good answer */
    bool is_closing;
    unsigned open_handles;      /* timers that are not closed */
    void (*closed)(void *user); /* or NULL */
    void *closed_user;
};

#define CLIENT_MAGIC 0x434c4e54u

/* Start and end of what client_send.c keeps in the client. The end calls every
 * callback that is due with ERR_CANCELLED. */
void client_sending_init(struct client *client);
void client_sending_cancel_all(struct client *client);

/* What the poll timer does while there are sendings. */
void client_sending_poll(struct client *client);

/* Calls every callback that is due with ERR_CANCELLED. */
void client_call_cancel_all(struct client *client);

/* client_call() to this endpoint, whichever is in use, and to no other. */
void client_call_at(struct client *client, size_t endpoint, uint32_t timeout_ms,
                    const char *method, const char *params,
                    client_json_callback *callback, void *user);

/* Set up the timer of looks; with several endpoints the first round begins. */
void client_look_begin(struct client *client);

/* Send the calls that wait for an endpoint. */
void client_call_release(struct client *client);

/* Subscriptions go to the endpoint that is in use now. */
void client_slots_follow(struct client *client);

/* Answer the newest call as if the endpoint had: for the harness that makes
 * answers up (fuzz/client). */
void client_call_answer(struct client *client, unsigned http_status,
                        struct bytes body);

/* Params under construction: "[" is written; the caller adds values and calls
 * client_call_params(), which closes it, calls and frees. */
struct client_params {
    struct buffer text;
    struct json_writer writer;
};
void client_params_open(struct client_params *params);
void client_call_params(struct client *client, const char *method,
                        struct client_params *params,
                        client_json_callback *callback, void *user);
void client_params_key(struct client_params *params, const struct pubkey *key);

/* "value" of a result with a context; its slot in *slot (may be NULL).
 * ERR_INVALID. *value may be NULL (null). */
int client_context_value(struct json_object *result, uint64_t *slot,
                         struct json_object **value);

/* client_account_info() with the slot at which the answer was true. */
typedef void client_account_at_callback(void *user, int status, uint64_t slot,
                                        const struct client_account *account);
void client_account_at(struct client *client, const struct pubkey *key,
                       client_account_at_callback *callback, void *user);

/* The bytes of a [text, "base64"] pair, appended. */
int client_base64_data(struct json_object *data, struct buffer *out);

/* Take a task's state apart, into all of *out but for its own key and slot, and
 * is_kpl, which is read. Texts are borrowed from state. ERR_INVALID. */
int client_task_read(struct json_object *state, struct client_task *out);

/* The same of the round out->round: its lists, or its submissions. Entries lie
 * in the arena, their texts in state. */
int client_round_read(struct json_object *state, bool is_lists,
                      struct arena *arena, struct client_round *out);

#endif
