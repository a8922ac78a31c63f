#include "node/task/registry.h"

#include "base/error.h"
#include "base/memory.h"
#include "node/money/payload_signing.h"
#include "node/reach/peer_url.h"

#include <stdlib.h>

/* A registration as it is kept, and shown again. */
#define TEXT_MAX 2048

struct registration {
    struct pubkey submitter;
    uint64_t timestamp;
    char *text; /* JSON */
};

static int key_in(struct json_object *object, const char *name,
                  struct pubkey *out)
{
    const char *text;
    int status = json_get_text(object, name, &text);

    return status ? status : pubkey_parse(bytes_text(text), out);
}

/* The signed text is a JSON text of data: compared as values. */
static int check_signature(struct json_object *registration,
                           struct json_object *data,
                           const struct pubkey *signer)
{
    struct json_object *said = NULL;
    struct buffer bytes = {0};
    const char *text;
    int status = json_get_text(registration, "signature", &text);

    if (!status)
        status = payload_signing_open(bytes_text(text), signer, &bytes);
    if (!status)
        status = json_parse(buffer_view(&bytes), &said);
    if (!status && !json_object_equal(said, data))
        status = err_set(ERR_INVALID, "something else was signed");
    json_object_put(said);
    buffer_free(&bytes);
    return status;
}

static int read_registration(struct json_object *from, struct registration *out)
{
    struct json_object *data;
    const char *url;
    int status = json_get_object(from, "data", &data);

    if (!status)
        status = json_get_text(data, "url", &url);
    if (!status)
        status = peer_url_check(url);
    if (!status)
        status = json_get_u64(data, "timestamp", &out->timestamp);
    if (!status)
        status = key_in(from, "submitterPubkey", &out->submitter);
    return status ? status : check_signature(from, data, &out->submitter);
}

static struct registration *find(const struct registry *registry,
                                 const struct pubkey *submitter)
{
    for (size_t i = 0; i < registry->count; i++)
        if (pubkey_equal(&registry->items[i].submitter, submitter))
            return &registry->items[i];
    return NULL;
}

int registry_add(struct registry *registry, const struct task_view *view,
                 struct json_object *registration)
{
    struct registration fresh = {0}, *old;
    struct buffer text = {0};
    int status = read_registration(registration, &fresh);

    if (status)
        return status;
    if (!task_view_stake(view, &fresh.submitter))
        return err_set(ERR_DENIED, "it has no stake in the task");
    old = find(registry, &fresh.submitter);
    if (old && old->timestamp >= fresh.timestamp)
        return err_set(ERR_EXISTS, "there is one that is as new");
    if (!old && registry->count == REGISTRY_MAX)
        return err_set(ERR_FULL, "%d nodes have registered", REGISTRY_MAX);
    json_text(registration, &text);
    if (text.size > TEXT_MAX) {
        buffer_free(&text);
        return err_set(ERR_INVALID, "it is longer than %d bytes", TEXT_MAX);
    }
    fresh.text = mem_text(buffer_string(&text));
    buffer_free(&text);
    if (old) {
        free(old->text);
        *old = fresh;
        return 0;
    }
    registry->items = mem_resize(registry->items, (registry->count + 1) *
                                                      sizeof(*registry->items));
    registry->items[registry->count++] = fresh;
    return 0;
}

void registry_write(const struct registry *registry,
                    const struct task_view *view, struct json_writer *writer)
{
    for (size_t i = 0; i < registry->count; i++)
        if (!task_view_address(view, &registry->items[i].submitter))
            json_write_raw(writer, bytes_text(registry->items[i].text));
}

void registry_clear(struct registry *registry)
{
    for (size_t i = 0; i < registry->count; i++)
        free(registry->items[i].text);
    free(registry->items);
    *registry = (struct registry){0};
}
