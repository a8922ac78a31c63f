/*
 * Registrations from strangers. One that is taken was signed by the key of the
 * seed {1}, the only one that has staked, and reads back as JSON.
 */
#include "base/check.h"
#include "base/memory.h"
#include "node/task/registry.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct json_object *make_state(struct pubkey *staked)
{
    static const uint8_t seed[32] = {1};
    struct json_object *state = NULL;
    struct keypair keypair;

    keypair_from_seed(seed, &keypair);
    *staked = keypair.pubkey;
    char *text = mem_format("{\"stake_list\":{\"%s\":5},"
                            "\"ip_address_list\":{}}",
                            PUBKEY_TEXT(staked));
    CHECK(json_parse(bytes_text(text), &state) == 0);
    free(text);
    return state;
}

static void check_written(const struct registry *registry,
                          const struct task_view *view)
{
    struct json_object *tree = NULL;
    struct buffer text = {0};
    struct json_writer writer = json_writer_make(&text);

    json_open_array(&writer);
    registry_write(registry, view, &writer);
    json_close_array(&writer);
    CHECK(json_parse(buffer_view(&text), &tree) == 0);
    CHECK(json_object_array_length(tree) == registry->count);
    json_object_put(tree);
    buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct registry registry = {0};
    struct json_object *tree = NULL;
    struct pubkey staked;

    if (json_parse(bytes_make(data, size), &tree) < 0)
        return 0;
    struct task_view view = {.is_known = true, .state = make_state(&staked)};
    if (json_object_is_type(tree, json_type_object) &&
        registry_add(&registry, &view, tree) == 0) {
        CHECK(registry.count == 1);
        CHECK(registry_add(&registry, &view, tree) < 0);
    }
    check_written(&registry, &view);
    registry_clear(&registry);
    json_object_put(view.state);
    json_object_put(tree);
    return 0;
}
