/*
 * What an endpoint answers. The first byte chooses the method that was asked,
 * the rest is the body of the answer, or several of them separated by a NUL
 * where one question leads to the next. Nothing may come of it but a callback
 * with a status, once, and values as they are promised.
 */
#include "base/check.h"
#include "client/client_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned callbacks;

/* With a status there is nothing; without one there is. */
static void note(int status, const void *value)
{
    CHECK(status <= 0 && (status || value));
    callbacks++;
}

static void on_json(void *user, int status, struct json_object *result)
{
    CHECK(!status || !result);
    callbacks++;
}

static void on_number(void *user, int status, uint64_t value)
{
    note(status, user);
}

static void on_blockhash(void *user, int status,
                         const struct client_blockhash *blockhash)
{
    note(status, blockhash);
}

static void on_account(void *user, int status,
                       const struct client_account *account)
{
    note(status, user);
    CHECK(!account || !account->data.size || account->data.data);
}

static void on_accounts(void *user, int status,
                        const struct client_account *accounts, size_t count)
{
    note(status, accounts);
    CHECK(!status || !count);
}

static void on_task(void *user, int status, const struct client_task *task)
{
    note(status, task);
    if (status)
        return;
    CHECK(task->round_time > 0 && task->state);
    CHECK(strlen(task->task_name) + strlen(task->task_metadata) +
              strlen(task->migrated_to) <
          SIZE_MAX);
}

static void on_round(void *user, int status, const struct client_round *round)
{
    note(status, round);
    for (size_t i = 0; !status && i < round->entry_count; i++) {
        const struct client_entry *entry = &round->entries[i];
        CHECK(entry->value && (!entry->vote_count || entry->votes));
        CHECK(!i || memcmp(entry[-1].key.bytes, entry->key.bytes, 32) <= 0);
    }
}

static void on_sent(void *user, int status, const struct client_sent *sent)
{
    CHECK(sent);
    callbacks++;
    for (size_t i = 0; i < sent->log_count; i++)
        CHECK(sent->logs[i]);
}

static const struct pubkey key = {{1}};

/* One question; its callback comes once. */
static void ask(struct client *client, uint8_t which)
{
    static const struct client_send_options options = {.commitment =
                                                           CLIENT_CONFIRMED};
    static uint8_t transaction[100] = {1};
    void *user = client;
    switch (which % 13) {
    case 0:
        client_call(client, "any", NULL, on_json, user);
        break;
    case 1:
        client_slot(client, CLIENT_PROCESSED, on_number, user);
        break;
    case 2:
        client_balance(client, &key, on_number, user);
        break;
    case 3:
        client_slot(client, CLIENT_FINALIZED, on_number, user);
        break;
    case 4:
        client_latest_blockhash(client, on_blockhash, user);
        break;
    case 5:
        client_account_info(client, &key, on_account, user);
        break;
    case 6:
        client_program_accounts(client, &key, NULL, SIZE_MAX, on_accounts,
                                user);
        break;
    case 7:
        client_task_state(client, &key, CLIENT_TASK_STAKES, on_task, user);
        break;
    case 8:
        client_task_submissions(client, &key, 1, on_round, user);
        break;
    case 9:
        client_task_distributions(client, &key, 1, on_round, user);
        break;
    case 10:
        client_airdrop(client, &key, 1, on_sent, user);
        break;
    default:
        client_send(client, bytes_make(transaction, sizeof(transaction)),
                    &options, on_sent, user);
    }
}

/* One answer after the other, as long as something is asked. */
static void answer(struct client *client, const uint8_t *data, size_t size)
{
    unsigned status = size && data[0] == '!' ? 500 : 200;
    while (client->calls) {
        const uint8_t *end = size ? memchr(data, 0, size) : NULL;
        size_t take = end ? (size_t)(end - data) : size;
        client_call_answer(client, status, bytes_make(data, take));
        data += end ? take + 1 : take;
        size -= end ? take + 1 : take;
        /* The clock asks what became of transactions. */
        if (!client->calls && size && client->sendings)
            client_sending_poll(client);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uv_loop_t loop;
    static bool is_open;
    struct client *client;
    if (!size)
        return 0;
    if (!is_open)
        CHECK(!uv_loop_init(&loop));
    is_open = true;
    CHECK(!client_new(&loop, "http://127.0.0.1:9", &client));
    callbacks = 0;
    ask(client, data[0]);
    answer(client, data + 1, size - 1);
    client_close(client, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(callbacks == 1);
    return 0;
}
