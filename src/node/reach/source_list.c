/*
 * A short list, looked through for each peer that is added.
 */
#include "node/reach/source_list.h"
#include "base/check.h"
#include "node/reach/peer_url.h"

void source_list_init(struct source_list *list, const struct node_parts *parts)
{
    const char *const *gateways = parts->options->gateways;
    size_t count = 0;

    *list = (struct source_list){0};
    while (gateways && gateways[count] && count < REMOTE_SOURCES_MAX / 2)
        count++;
    list->peers_max = REMOTE_SOURCES_MAX - count;
}

bool source_list_add_peer(struct source_list *list,
                          const struct node_parts *parts, const char *url)
{
    const struct address_rule *rule = parts->options->network;

    if (list->count >= list->peers_max)
        return false;
    if (!url || !strcmp(url, parts->public_url) ||
        !peer_url_is_allowed(rule, url))
        return true;
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->items[i].url, url))
            return true;
    list->items[list->count++] = (struct source_gateway){url, rule};
    return true;
}

void source_list_add_gateways(struct source_list *list,
                              const struct node_parts *parts)
{
    const char *const *gateways = parts->options->gateways;

    CHECK(list->count <= list->peers_max);
    for (size_t i = 0; gateways && gateways[i]; i++)
        if (list->count < REMOTE_SOURCES_MAX)
            list->items[list->count++] =
                (struct source_gateway){gateways[i], &address_rule_any};
}
