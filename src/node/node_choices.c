#include "node/node_choices.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/node_notices.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- what counts at the start ---- */

static void replace(const char **text, const char *with)
{
    free((char *)*text);
    *text = mem_text(with);
}

static int find_network(const struct node *node, const char *name, char **urls)
{
    *urls = NULL;
    return node->options.find_network
               ? node->options.find_network(name, urls)
               : err_set(ERR_NOT_FOUND, "no network has a name here");
}

/* Whoever forgets a network that is in use sees the node where it was started
 * for. */
static void settle_network(struct node *node)
{
    struct choice_book *book = node->choices;
    const char *name = choice_book_look(book, CHOICE_NETWORK).value;
    char *urls = NULL;

    if (name && find_network(node, name, &urls)) {
        log_error("node", "the network that was chosen is not used: %s",
                  err_text());
        choice_book_drop(book, CHOICE_NETWORK);
    }
    name = choice_book_settle(book, CHOICE_NETWORK, node->options.rpc_url);
    if (urls && choice_book_look(book, CHOICE_NETWORK).is_chosen) {
        replace(&node->options.rpc_url, urls);
        replace(&node->options.network_name, name);
    }
    free(urls);
}

static void settle_text(struct node *node, enum choice choice,
                        const char **text)
{
    const char *value = choice_book_settle(node->choices, choice, *text);

    replace(text, value && *value ? value : NULL);
}

static uint64_t settle_number(struct node *node, enum choice choice,
                              uint64_t given)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, given);
    return strtoull(choice_book_settle(node->choices, choice, text), NULL, 10);
}

/* A list is given as a text and kept as one. */
static void settle_gateways(struct node *node)
{
    const char **list = (const char **)node->options.gateways;
    struct buffer given = {0};
    size_t count = 0;

    for (size_t i = 0; list[i]; i++)
        buffer_format(&given, "%s%s", i ? " " : "", list[i]);
    const char *value = choice_book_settle(node->choices, CHOICE_GATEWAYS,
                                           buffer_string(&given));
    for (size_t i = 0; list[i]; i++)
        free((char *)list[i]);
    free((void *)list);
    list = mem_zero(strlen(value) / 2 + 2, sizeof(*list));
    while (*value) {
        size_t size = strcspn(value, " ");

        list[count++] = mem_format("%.*s", (int)size, value);
        value += size + strspn(value + size, " ");
    }
    node->options.gateways = list;
    buffer_free(&given);
}

/* A task's share follows where it was none of its own. */
static void settle_store(struct node *node)
{
    struct node_options *options = &node->options;
    uint64_t mib = options->store_limit_bytes >> 20;
    bool is_share =
        options->task_store_limit_bytes == options->store_limit_bytes / 4;
    uint64_t chosen = settle_number(node, CHOICE_STORE_LIMIT, mib);

    if (chosen != mib)
        options->store_limit_bytes = chosen << 20;
    if (is_share)
        options->task_store_limit_bytes = options->store_limit_bytes / 4;
}

int node_choices_open(struct node *node)
{
    struct node_options *options = &node->options;
    int status = choice_book_open(node->parts.settings,
                                  node->parts.settings_writer, &node->choices);

    if (status)
        return status;
    settle_network(node);
    settle_text(node, CHOICE_PUBLIC_URL, &options->public_url);
    options->listen_port =
        (uint16_t)settle_number(node, CHOICE_PORT, options->listen_port);
    settle_store(node);
    settle_gateways(node);
    settle_text(node, CHOICE_WEBHOOK, &options->webhook);
    choice_book_settle(node->choices, CHOICE_QUIET, NULL);
    return 0;
}

/* ---- another choice ---- */

static int check(struct node *node, enum choice choice, const char *value)
{
    char *urls = NULL;
    int status = choice_check(choice, value);

    if (!status && choice == CHOICE_NETWORK)
        status = find_network(node, value, &urls);
    free(urls);
    return status;
}

int node_choices_set(struct node *node, enum choice choice, const char *value,
                     setting_written *done, void *user)
{
    int status = value ? check(node, choice, value) : 0;

    if (!status)
        status = choice_book_set(node->choices, choice, value, done, user);
    if (!status && (choice == CHOICE_WEBHOOK || choice == CHOICE_QUIET))
        node_notices_send_anew(node);
    return status;
}
