#include "node/node_catalog.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "client/client.h"
#include "node/money/recipe.h"
#include "node/node_catalog_rounds.h"
#include "node/node_catalog_row.h"
#include "node/node_internal.h"
#include "node/node_pins.h"
#include "node/node_tasks.h"
#include "node/owner/stopped_book.h"
#include "node/owner/variable_book.h"
#include "node/reach/evidence.h"
#include "node/reach/peer_url.h"
#include "node/reach/source_list.h"
#include "settlement/format/kpl_state.h"

#include <inttypes.h>
#include <stdlib.h>

#define METADATA_MAX_BYTES (128u << 10)
#define NEEDS_MAX 64

/* A question for the list that waits for it. */
struct waiting {
    struct waiting *next;
    bool is_of_creator;
    struct pubkey creator;
    node_control_answered *answered;
    void *user;
};

/*
 * Invariants:
 *
 *  1. waiting is not empty exactly while the list is being asked for.
 *  2. rows has what is_read since read_ms.
 */
struct node_catalog {
    struct node *node;
    struct waiting *waiting;
    bool is_read, is_kpl;
    uint64_t read_ms; /* monotonic */
    struct json_object *rows, *rows_next;
};

struct node_catalog *node_catalog_new(struct node *node)
{
    struct node_catalog *catalog = mem_zero(1, sizeof(*catalog));

    catalog->node = node;
    return catalog;
}

void node_catalog_free(struct node_catalog *catalog)
{
    if (!catalog)
        return;
    CHECK(!catalog->waiting);
    json_object_put(catalog->rows);
    free(catalog);
}

/* ---- the list ---- */

static bool is_made_by(struct json_object *row, const struct pubkey *creator)
{
    const char *text;

    return !json_get_text(row, "creator", &text) &&
           !strcmp(text, PUBKEY_TEXT(creator));
}

static void write_rows(struct json_object *rows, const struct waiting *waiting,
                       struct json_writer *writer)
{
    json_name(writer, "items");
    json_open_array(writer);
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        struct buffer text = {0};

        if (waiting->is_of_creator && !is_made_by(row, &waiting->creator))
            continue;
        json_text(row, &text);
        json_write_raw(writer, buffer_view(&text));
        buffer_free(&text);
    }
    json_close_array(writer);
}

static void answer_waiting(struct node_catalog *catalog, int status)
{
    struct waiting *waiting = catalog->waiting;

    catalog->waiting = NULL;
    while (waiting) {
        struct waiting *next = waiting->next;
        struct buffer answer = {0};

        if (!status) {
            struct json_writer writer = json_writer_make(&answer);

            json_open_object(&writer);
            write_rows(catalog->rows, waiting, &writer);
            json_field_null(&writer, "next");
            json_close_object(&writer);
        }
        waiting->answered(waiting->user, status, &answer);
        free(waiting);
        waiting = next;
    }
}

static bool bool_of(struct json_object *row, const char *name)
{
    bool value = false;

    (void)json_get_bool(row, name, &value);
    return value;
}

/* Those that somebody vouches for, then those that work. */
static int compare_rows(const void *a, const void *b)
{
    struct json_object *left = *(struct json_object *const *)a,
                       *right = *(struct json_object *const *)b;
    int order = bool_of(right, "allowlisted") - bool_of(left, "allowlisted");

    return order ? order : bool_of(right, "active") - bool_of(left, "active");
}

/* Strangers' tasks have an end; the wallet's own are all there. */
static void take_row(struct node_catalog *catalog, struct json_object *row)
{
    const struct pubkey *own = signer_main(catalog->node->parts.signer);

    if (json_object_array_length(catalog->rows_next) < CATALOG_MAX ||
        is_made_by(row, own))
        json_object_array_add(catalog->rows_next, row);
    else
        json_object_put(row);
}

/* One odd account must not hide the others: it is passed over. */
static void take_account(struct node_catalog *catalog,
                         const struct client_account *account)
{
    struct json_object *state = NULL;
    struct buffer text = {0};
    int status =
        catalog->is_kpl ? kpl_state_json(account->data, 0, NULL, &text) : 0;

    if (!status)
        status = json_parse(
            catalog->is_kpl ? buffer_view(&text) : account->data, &state);
    if (!status && json_object_is_type(state, json_type_object))
        take_row(catalog, catalog_row(&account->key, catalog->is_kpl, state));
    json_object_put(state);
    buffer_free(&text);
    err_clear();
}

static void ask_accounts(struct node_catalog *catalog);

static void on_accounts(void *user, int status,
                        const struct client_account *accounts, size_t count)
{
    struct node_catalog *catalog = user;

    for (size_t i = 0; !status && i < count; i++)
        take_account(catalog, &accounts[i]);
    if (!status && !catalog->is_kpl && catalog->node->parts.client) {
        catalog->is_kpl = true;
        ask_accounts(catalog);
        return;
    }
    if (status) {
        json_object_put(catalog->rows_next);
    } else {
        json_object_array_sort(catalog->rows_next, compare_rows);
        json_object_put(catalog->rows);
        catalog->rows = catalog->rows_next;
        catalog->is_read = true;
        catalog->read_ms = clock_monotonic_ms();
    }
    catalog->rows_next = NULL;
    answer_waiting(catalog, status);
}

static void ask_accounts(struct node_catalog *catalog)
{
    static const struct client_filter native = {
        .bytes = {.data = (const uint8_t *)CATALOG_NATIVE_BEGINNING,
                  .size = sizeof(CATALOG_NATIVE_BEGINNING) - 1}};

    client_program_accounts(
        catalog->node->parts.client, recipe_program(catalog->is_kpl),
        catalog->is_kpl ? NULL : &native, SIZE_MAX, on_accounts, catalog);
}

/* A question under way, from the answer that comes later. */
struct later {
    uv_timer_t timer;
    struct node_catalog *catalog;
};

static void on_later_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_later(uv_timer_t *timer)
{
    struct later *later = timer->data;

    struct node *node = later->catalog->node;

    answer_waiting(later->catalog, 0);
    uv_close((uv_handle_t *)timer, on_later_closed);
    if (!--node->looks && node->is_stopping)
        node->work_over(node);
}

/* What is known is answered from the loop, too. */
static void answer_later(struct node_catalog *catalog)
{
    struct later *later = mem_zero(1, sizeof(*later));

    later->catalog = catalog;
    catalog->node->looks++;
    CHECK(!uv_timer_init(catalog->node->parts.loop, &later->timer));
    later->timer.data = later;
    uv_timer_start(&later->timer, on_later, 0, 0);
}

void node_catalog_forget(struct node_catalog *catalog)
{
    catalog->is_read = false;
}

void node_catalog_list(struct node_catalog *catalog,
                       const struct pubkey *creator,
                       node_control_answered *answered, void *user)
{
    struct waiting *waiting = mem_zero(1, sizeof(*waiting));
    bool is_first = !catalog->waiting;

    CHECK(catalog->node->parts.client);
    waiting->next = catalog->waiting;
    waiting->is_of_creator = creator != NULL;
    if (creator)
        waiting->creator = *creator;
    waiting->answered = answered;
    waiting->user = user;
    catalog->waiting = waiting;
    if (!is_first)
        return;
    if (catalog->is_read &&
        clock_monotonic_ms() - catalog->read_ms < CATALOG_MS) {
        answer_later(catalog);
        return;
    }
    catalog->is_kpl = false;
    catalog->rows_next = json_object_new_array();
    ask_accounts(catalog);
}

/* ---- one task ---- */

enum wanted { WANTED_TERMS, WANTED_ROUNDS, WANTED_METADATA, WANTED_SOURCE };

/* A question about one task. */
struct asking {
    struct node_catalog *catalog;
    struct pubkey task;
    enum wanted wanted;
    char *cid; /* of the code */
    node_control_answered *answered;
    void *user;
};

static void asking_end(struct asking *asking, int status, struct buffer *answer)
{
    asking->answered(asking->user, status, answer);
    free(asking->cid);
    free(asking);
}

static void asking_fail(struct asking *asking, int status)
{
    struct buffer nothing = {0};

    asking_end(asking, status, &nothing);
}

static void answer_terms(struct asking *asking, const struct client_task *task)
{
    struct json_object *row =
        catalog_row(&asking->task, task->is_kpl, task->state);
    struct buffer answer = {0};

    catalog_add_text(row, "description", task->task_description,
                     CATALOG_TEXT_MAX);
    catalog_copy_amount(task->state, "total_stake_amount", row, "total_stake");
    catalog_add_count(row, "allowed_failures",
                      task->allowed_failed_distributions);
    catalog_add_text(row, "network", task->task_executable_network,
                     CATALOG_NAME_MAX);
    catalog_add_text(row, "code", task->task_audit_program, CATALOG_NAME_MAX);
    catalog_add_text(row, "metadata", task->task_metadata, CATALOG_NAME_MAX);
    catalog_add_count(row, "slot", task->slot);
    if (asking->wanted == WANTED_ROUNDS)
        json_object_object_add(row, "rounds", catalog_rounds(task->state));
    json_text(row, &answer);
    json_object_put(row);
    asking_end(asking, 0, &answer);
}

/* ---- what lies in storage ---- */

static bool has_variable(const struct asking *asking, const char *name)
{
    const struct variable_book *book = asking->catalog->node->parts.variables;

    return book && variable_book_has(book, &asking->task, name);
}

/* The tags are Koii's (task_conditions.h). */
static void write_need(const struct asking *asking, struct json_object *tag,
                       struct json_writer *writer)
{
    const char *type, *name;

    if (!json_object_is_type(tag, json_type_object) ||
        json_get_text(tag, "type", &type) || json_get_text(tag, "value", &name))
        return;
    bool is_variable =
        !strcmp(type, "TASK_VARIABLE") || !strcmp(type, "GLOBAL_VARIABLE");
    bool is_addon = !strcmp(type, "ADDON");

    json_open_object(writer);
    json_field_text(writer, "kind",
                    is_variable ? "variable"
                    : is_addon  ? "addon"
                                : "other");
    json_name(writer, "type");
    json_write_bytes(writer, catalog_cut(type, CATALOG_NAME_MAX));
    json_name(writer, "name");
    json_write_bytes(writer, catalog_cut(name, CATALOG_NAME_MAX));
    if (is_variable)
        json_field_bool(writer, "ok", has_variable(asking, name));
    else if (is_addon && !strcmp(name, "ORCA_TASK"))
        json_field_bool(writer, "ok", false);
    json_close_object(writer);
}

static void answer_metadata(struct asking *asking, struct bytes value)
{
    struct json_object *metadata = NULL, *tags;
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);
    int status = value.size > METADATA_MAX_BYTES
                     ? err_set(ERR_LIMIT, "the task's metadata are too large")
                     : json_parse(value, &metadata);

    if (!status && !json_object_is_type(metadata, json_type_object))
        status = err_set(ERR_INVALID, "the task's metadata are no object");
    if (status) {
        json_object_put(metadata);
        asking_fail(asking, status);
        return;
    }
    json_open_object(&writer);
    json_name(&writer, "metadata");
    json_write_raw(&writer, value);
    json_name(&writer, "needs");
    json_open_array(&writer);
    if (!json_get_array(metadata, "requirementsTags", &tags))
        for (size_t i = 0; i < json_object_array_length(tags) && i < NEEDS_MAX;
             i++)
            write_need(asking, json_object_array_get_idx(tags, i), &writer);
    json_close_array(&writer);
    json_close_object(&writer);
    json_object_put(metadata);
    err_clear();
    asking_end(asking, 0, &answer);
}

static void answer_source(struct asking *asking, struct bytes value)
{
    struct buffer answer = {0};
    struct json_writer writer = json_writer_make(&answer);
    struct bytes shown = value;

    if (shown.size > CATALOG_SOURCE_MAX)
        shown.size = CATALOG_SOURCE_MAX;
    json_open_object(&writer);
    json_field_text(&writer, "cid", asking->cid);
    json_field_u64(&writer, "bytes", value.size);
    json_name(&writer, "text");
    json_write_bytes(&writer, shown);
    json_field_bool(&writer, "cut", shown.size < value.size);
    json_close_object(&writer);
    asking_end(asking, 0, &answer);
}

/* What was fetched for a task that is not started is not kept. */
static void end_fetching(struct node_catalog *catalog,
                         const struct pubkey *task)
{
    struct node *node = catalog->node;

    if (!node->is_stopping && !node_tasks_find(node, task) &&
        !stopped_book_find(node->parts.stopped, task))
        node_pins_add(node->pins, task);
    if (!--node->looks && node->is_stopping)
        node->work_over(node);
}

static void on_value(void *user, int status, struct bytes value)
{
    struct asking *asking = user;
    struct node_catalog *catalog = asking->catalog;
    const struct pubkey task = asking->task;

    if (status)
        asking_fail(asking, status);
    else if (asking->wanted == WANTED_METADATA)
        answer_metadata(asking, value);
    else
        answer_source(asking, value);
    end_fetching(catalog, &task);
}

/* Who runs a task has its code and metadata. */
static void list_sources(const struct node_parts *parts,
                         struct json_object *state, struct source_list *list)
{
    struct json_object *addresses;

    source_list_init(list, parts);
    if (!json_get_object(state, "ip_address_list", &addresses)) {
        json_object_object_foreach(addresses, key, value)
        {
            (void)key;
            if (json_object_is_type(value, json_type_string) &&
                !peer_url_check(json_object_get_string(value)) &&
                !source_list_add_peer(list, parts,
                                      json_object_get_string(value)))
                break;
        }
    }
    source_list_add_gateways(list, parts);
    err_clear();
}

static void fetch(struct asking *asking, const struct client_task *task)
{
    const struct node_parts *parts = &asking->catalog->node->parts;
    struct pin_owner owner = retention_task(&asking->task);
    bool is_source = asking->wanted == WANTED_SOURCE;
    const char *cid =
        is_source ? task->task_audit_program : task->task_metadata;
    struct source_list sources;
    int status = 0;

    if (is_source && strcmp(task->task_executable_network, "IPFS") != 0)
        status = err_set(ERR_UNSUPPORTED, "the task's code is not in storage");
    if (!status && asking->catalog->node->is_stopping)
        status = err_set(ERR_CANCELLED, "the node is stopping");
    if (!status) {
        asking->cid = mem_text(cid);
        list_sources(parts, task->state, &sources);
        status = evidence_get(parts, &owner, NULL, cid,
                              is_source ? "main.js" : "metadata.json",
                              sources.items, sources.count, on_value, asking);
    }
    if (status)
        asking_fail(asking, status);
    else
        asking->catalog->node->looks++;
}

static void on_task(void *user, int status, const struct client_task *task)
{
    struct asking *asking = user;

    if (status)
        asking_fail(asking, status);
    else if (asking->wanted == WANTED_TERMS || asking->wanted == WANTED_ROUNDS)
        answer_terms(asking, task);
    else
        fetch(asking, task);
}

static void ask_task(struct node_catalog *catalog, const struct pubkey *task,
                     enum wanted wanted, node_control_answered *answered,
                     void *user)
{
    struct asking *asking = mem_zero(1, sizeof(*asking));
    unsigned parts = CLIENT_TASK_STAKES;

    CHECK(catalog->node->parts.client);
    *asking = (struct asking){.catalog = catalog,
                              .task = *task,
                              .wanted = wanted,
                              .answered = answered,
                              .user = user};
    if (wanted == WANTED_TERMS || wanted == WANTED_ROUNDS)
        parts |= CLIENT_TASK_DISTRIBUTIONS;
    if (wanted == WANTED_ROUNDS)
        parts |= CLIENT_TASK_SUBMISSIONS;
    client_task_state(catalog->node->parts.client, task, parts, on_task,
                      asking);
}

void node_catalog_task(struct node_catalog *catalog, const struct pubkey *task,
                       node_control_answered *answered, void *user)
{
    ask_task(catalog, task, WANTED_TERMS, answered, user);
}

void node_catalog_task_rounds(struct node_catalog *catalog,
                              const struct pubkey *task,
                              node_control_answered *answered, void *user)
{
    ask_task(catalog, task, WANTED_ROUNDS, answered, user);
}

void node_catalog_metadata(struct node_catalog *catalog,
                           const struct pubkey *task,
                           node_control_answered *answered, void *user)
{
    ask_task(catalog, task, WANTED_METADATA, answered, user);
}

void node_catalog_source(struct node_catalog *catalog,
                         const struct pubkey *task,
                         node_control_answered *answered, void *user)
{
    ask_task(catalog, task, WANTED_SOURCE, answered, user);
}
