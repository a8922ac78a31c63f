#include "node/page/api_repeat.h"

#include "base/check.h"
#include "base/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

struct api_repeats {
    struct api_repeat_entry entries[API_REPEATS_MAX];
};

struct api_repeats *api_repeats_new(void)
{
    return mem_zero(1, sizeof(struct api_repeats));
}

void api_repeats_drop(struct api_repeat_entry *entry)
{
    buffer_free(&entry->answer);
    *entry = (struct api_repeat_entry){0};
}

void api_repeats_free(struct api_repeats *repeats)
{
    for (size_t i = 0; i < API_REPEATS_MAX; i++)
        api_repeats_drop(&repeats->entries[i]);
    free(repeats);
}

bool api_repeat_is_key(const char *text)
{
    size_t i;

    for (i = 0; i < API_REPEAT_KEY_SIZE; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return !text[i];
}

char *api_repeat_name(const char *key)
{
    char *name = mem_text(key);

    CHECK(api_repeat_is_key(key));
    for (char *at = name; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return name;
}

static bool is_old(const struct api_repeat_entry *entry, uint64_t now_ms)
{
    return now_ms > entry->at_ms && now_ms - entry->at_ms >= API_REPEAT_MS;
}

/* An empty one, or the oldest that is done. Orders are carried out one after
 * the other, so there is one. */
static struct api_repeat_entry *place_in(struct api_repeats *repeats)
{
    struct api_repeat_entry *place = NULL;

    for (size_t i = 0; i < API_REPEATS_MAX; i++) {
        struct api_repeat_entry *entry = &repeats->entries[i];

        if (!entry->is_there)
            return entry;
        if (entry->is_done && (!place || entry->at_ms < place->at_ms))
            place = entry;
    }
    CHECK(place);
    api_repeats_drop(place);
    return place;
}

enum api_repeat api_repeats_find(struct api_repeats *repeats, uint64_t session,
                                 const char *key, const struct hash *order,
                                 uint64_t now_ms,
                                 struct api_repeat_entry **entry)
{
    CHECK(api_repeat_is_key(key));
    for (size_t i = 0; i < API_REPEATS_MAX; i++) {
        struct api_repeat_entry *at = &repeats->entries[i];

        if (!at->is_there || at->session != session ||
            strcasecmp(at->key, key) != 0)
            continue;
        if (at->is_done && is_old(at, now_ms)) {
            api_repeats_drop(at);
            break;
        }
        *entry = at;
        if (memcmp(at->order.bytes, order->bytes, sizeof(order->bytes)) != 0)
            return API_REPEAT_OTHER;
        return at->is_done ? API_REPEAT_DONE : API_REPEAT_WAIT;
    }
    *entry = place_in(repeats);
    **entry = (struct api_repeat_entry){
        .session = session, .at_ms = now_ms, .order = *order, .is_there = true};
    memcpy((*entry)->key, key, API_REPEAT_KEY_SIZE);
    return API_REPEAT_NEW;
}
