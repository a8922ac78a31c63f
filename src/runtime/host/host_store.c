/*
 * Requests that runtime memory answers: storeGet, storeSet, storeRemove,
 * storeKeys. Values are kept as the JSON texts that came.
 *
 * They are served here and not by the host's owner, because every owner would
 * serve them the same way: the memory is the owner's (host_options.memory),
 * outlives the worker, and needs no waiting. Nothing here blocks or calls back.
 *
 * The memory has the budget (memory.c). This file only turns requests into
 * calls and errors into refusals.
 */
#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "runtime/host/host_state.h"

/* Keys that one storeKeys() lists. With keys of their largest size that is 10
 * MB, which host_answer() would refuse; of any usual size it fits. */
#define STORE_KEYS_MAX 10000

/* Keys are the task's own texts, any bytes of UTF-8. */
static int key_param(struct json_object *params, struct bytes *key)
{
    struct json_object *value = json_object_array_get_idx(params, 0);
    if (!json_object_is_type(value, json_type_string))
        return err_set(ERR_INVALID, "a key must be a text");
    *key = bytes_make(json_object_get_string(value),
                      (size_t)json_object_get_string_len(value));
    return 0;
}

/* The reason is in err_text() already. */
static void refuse(struct host *worker, uint64_t request_id, int status)
{
    host_refuse(worker, request_id, status, err_text());
}

/* What memory holds is JSON text as it came: it goes back unparsed. */
static void answer_raw(struct host *worker, uint64_t request_id,
                       struct bytes json)
{
    host_answer(worker, request_id, json, bytes_make(NULL, 0));
}

/* Nothing there is null, as Koii's storeGet has it. */
static void store_get(struct host *worker, uint64_t request_id,
                      struct json_object *params, uint64_t now_ms)
{
    struct bytes key, value;
    int status = key_param(params, &key);
    if (status)
        refuse(worker, request_id, status);
    else if (memory_get(worker->memory, now_ms, key, &value))
        answer_raw(worker, request_id, bytes_text("null"));
    else
        answer_raw(worker, request_id, value);
}

/* {"ttlMs", "cache", "sliding", "persist"}; other types are as if absent. */
static struct memory_options set_options(struct json_object *object)
{
    struct memory_options options = {0};
    uint64_t ttl_ms;
    bool flag;
    if (!json_object_is_type(object, json_type_object))
        return options;
    /* Both 0 and an absent time mean no end. */
    if (!json_get_u64(object, "ttlMs", &ttl_ms))
        options.ttl_ms = ttl_ms;
    if (!json_get_bool(object, "cache", &flag) && flag)
        options.kind = MEMORY_CACHE;
    if (!json_get_bool(object, "sliding", &flag))
        options.sliding = flag;
    /* What has to last may not give way. */
    if (!json_get_bool(object, "persist", &flag) && flag) {
        options.persists = true;
        options.kind = MEMORY_KEEP;
    }
    return options;
}

/* A value is written anew and not kept as it was sent, so that it is well
 * formed when it comes back. */
static void store_set(struct host *worker, uint64_t request_id,
                      struct json_object *params, uint64_t now_ms)
{
    struct bytes key;
    struct buffer value = {0};
    struct memory_options options =
        set_options(json_object_array_get_idx(params, 2));
    int status = key_param(params, &key);
    if (!status) {
        json_text(json_object_array_get_idx(params, 1), &value);
        status = memory_set(worker->memory, now_ms, key, buffer_view(&value),
                            &options);
    }
    if (status)
        refuse(worker, request_id, status);
    else
        answer_raw(worker, request_id, bytes_text("null"));
    buffer_free(&value);
}

/* Tells whether there was something. */
static void store_remove(struct host *worker, uint64_t request_id,
                         struct json_object *params, uint64_t now_ms)
{
    struct bytes key;
    int status = key_param(params, &key);
    if (status)
        refuse(worker, request_id, status);
    else if (memory_remove(worker->memory, now_ms, key))
        answer_raw(worker, request_id, bytes_text("true"));
    else
        answer_raw(worker, request_id, bytes_text("false"));
}

/* A snapshot: the task may change entries while it goes through the list. */
static void store_keys(struct host *worker, uint64_t request_id,
                       struct json_object *params, uint64_t now_ms)
{
    struct bytes prefix, key, value;
    struct buffer list = {0};
    size_t position = 0, count = 0;
    int status = key_param(params, &prefix);
    if (status) {
        refuse(worker, request_id, status);
        return;
    }
    /* No order: the map has none, and sorting is a line in JavaScript. */
    struct json_writer writer = json_writer_make(&list);
    json_open_array(&writer);
    while (count++ < STORE_KEYS_MAX &&
           memory_next(worker->memory, now_ms, prefix, &position, &key, &value))
        json_write_bytes(&writer, key);
    json_close_array(&writer);
    answer_raw(worker, request_id, buffer_view(&list));
    buffer_free(&list);
}

/* Answered before the function returns, so these never count against the open
 * requests for long. */
bool host_store_request(struct host *worker, uint64_t request_id,
                        const char *method, struct json_object *params,
                        uint64_t now_ms)
{
    static const struct {
        const char *method;
        void (*serve)(struct host *worker, uint64_t request_id,
                      struct json_object *params, uint64_t now_ms);
    } served[] = {
        {"storeGet", store_get},
        {"storeSet", store_set},
        {"storeRemove", store_remove},
        {"storeKeys", store_keys},
    };
    /* host_start() has checked it. */
    CHECK(worker->memory);
    /* Four names: a search by comparing beats a table. */
    for (size_t i = 0; i < sizeof(served) / sizeof(served[0]); i++)
        if (!strcmp(served[i].method, method)) {
            served[i].serve(worker, request_id, params, now_ms);
            return true;
        }
    return false;
}
