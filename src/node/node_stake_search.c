#include "node/node_stake_search.h"

#include "base/error.h"
#include "base/memory.h"
#include "client/client.h"
#include "node/money/recipe.h"
#include "node/node_catalog_row.h"
#include "settlement/format/kpl_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Invariant: native tasks come first, then is_kpl. */
struct asking {
    struct client *client;
    struct pubkey *keys;
    size_t count, found;
    bool is_kpl;
    struct buffer answer;
    struct json_writer writer;
    api_answered *answered;
    void *user;
};

static uint64_t amount_of(struct json_object *state, const char *map,
                          const char *key)
{
    struct json_object *amounts;
    uint64_t value = 0;

    if (!json_get_object(state, map, &amounts))
        (void)json_get_u64(amounts, key, &value);
    err_clear();
    return value;
}

static void write_amount(struct json_writer *writer, const char *name,
                         uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    json_field_text(writer, name, text);
}

static void write_key(struct asking *asking, const struct pubkey *task,
                      struct json_object *state, const struct pubkey *key)
{
    struct json_writer *writer = &asking->writer;
    const char *name = "", *token = NULL;
    uint64_t stake = amount_of(state, "stake_list", PUBKEY_TEXT(key));
    uint64_t claimable =
        amount_of(state, "available_balances", PUBKEY_TEXT(key));

    if ((!stake && !claimable) || asking->found == NODE_STAKE_SEARCH_MAX)
        return;
    asking->found++;
    (void)json_get_text(state, "task_name", &name);
    if (asking->is_kpl)
        (void)json_get_text(state, "token_type", &token);
    json_open_object(writer);
    json_field_text(writer, "key", PUBKEY_TEXT(key));
    json_field_text(writer, "task", PUBKEY_TEXT(task));
    json_name(writer, "name");
    json_write_bytes(writer, catalog_cut(name, CATALOG_NAME_MAX));
    if (token)
        json_field_text(writer, "token", token);
    else
        json_field_null(writer, "token");
    write_amount(writer, "stake", stake);
    write_amount(writer, "claimable", claimable);
    json_close_object(writer);
}

/* One odd account must not hide the others: it is passed over. */
static void take_account(struct asking *asking,
                         const struct client_account *account)
{
    struct json_object *state = NULL;
    struct buffer text = {0};
    int status =
        asking->is_kpl
            ? kpl_state_json(account->data,
                             KPL_STATE_BALANCES | KPL_STATE_STAKES, NULL, &text)
            : 0;

    if (!status)
        status = json_parse(asking->is_kpl ? buffer_view(&text) : account->data,
                            &state);
    if (!status && json_object_is_type(state, json_type_object))
        for (size_t i = 0; i < asking->count; i++)
            write_key(asking, &account->key, state, &asking->keys[i]);
    json_object_put(state);
    buffer_free(&text);
    err_clear();
}

static void finish(struct asking *asking, int status)
{
    if (!status) {
        json_close_array(&asking->writer);
        json_close_object(&asking->writer);
    } else {
        buffer_free(&asking->answer);
    }
    asking->answered(asking->user, status, &asking->answer);
    free(asking->keys);
    free(asking);
}

static void ask_accounts(struct asking *asking);

static void on_accounts(void *user, int status,
                        const struct client_account *accounts, size_t count)
{
    struct asking *asking = user;

    for (size_t i = 0; !status && i < count; i++)
        take_account(asking, &accounts[i]);
    if (status || asking->is_kpl) {
        finish(asking, status);
        return;
    }
    asking->is_kpl = true;
    ask_accounts(asking);
}

static void ask_accounts(struct asking *asking)
{
    static const struct client_filter native = {
        .bytes = {.data = (const uint8_t *)CATALOG_NATIVE_BEGINNING,
                  .size = sizeof(CATALOG_NATIVE_BEGINNING) - 1}};

    client_program_accounts(asking->client, recipe_program(asking->is_kpl),
                            asking->is_kpl ? NULL : &native, SIZE_MAX,
                            on_accounts, asking);
}

void node_stake_search(struct client *client, const struct pubkey *keys,
                       size_t count, api_answered *answered, void *user)
{
    struct asking *asking = mem_zero(1, sizeof(*asking));

    asking->client = client;
    asking->keys = mem_alloc((count + 1) * sizeof(*keys));
    if (count)
        memcpy(asking->keys, keys, count * sizeof(*keys));
    asking->count = count;
    asking->answered = answered;
    asking->user = user;
    asking->writer = json_writer_make(&asking->answer);
    json_open_object(&asking->writer);
    json_name(&asking->writer, "items");
    json_open_array(&asking->writer);
    ask_accounts(asking);
}
