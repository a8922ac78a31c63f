#include "node/node_options_copy.h"

#include "base/memory.h"

#include <stdlib.h>

/* As node.h promises them. */
#define STORE_LIMIT_DEFAULT (10ull << 30)

/* A copy either way, so that all texts are freed alike. */
static char *text_or(const char *text, const char *otherwise)
{
    return mem_text(text ? text : otherwise);
}

/* NULL-ended; NULL is an empty one. */
static const char *const *copy_list(const char *const *from)
{
    size_t count = 0;

    while (from && from[count])
        count++;
    const char **list = mem_zero(count + 1, sizeof(char *));

    for (size_t i = 0; i < count; i++)
        list[i] = mem_text(from[i]);
    return list;
}

static void free_list(const char *const *list)
{
    for (const char *const *at = list; *at; at++)
        free((char *)*at);
    free((void *)list);
}

void node_options_copy(const struct node_options *from, struct node_options *to)
{
    *to = *from;
    to->folder = mem_text(from->folder);
    to->account = from->account ? mem_text(from->account) : NULL;
    to->rpc_url = mem_text(from->rpc_url);
    to->listen_address = text_or(from->listen_address, "0.0.0.0");
    to->public_url = mem_text(from->public_url);
    to->page_host = mem_text(from->page_host);
    to->network_name = text_or(from->network_name, "private");
    to->webhook = from->webhook ? mem_text(from->webhook) : NULL;
    to->worker_path = mem_text(from->worker_path);
    to->signer_path = mem_text(from->signer_path);
    to->passphrase.file = mem_text(from->passphrase.file);
    to->node_program = mem_text(from->node_program);
    to->launch_path = mem_text(from->launch_path);
    to->machine_root = text_or(from->machine_root, "");
    to->gateways = copy_list(from->gateways);
    to->conditions = copy_list(from->conditions);
    if (!to->network)
        to->network = &address_rule_public;
    if (!to->store_limit_bytes)
        to->store_limit_bytes = STORE_LIMIT_DEFAULT;
    if (!to->task_store_limit_bytes)
        to->task_store_limit_bytes = to->store_limit_bytes / 4;
}

void node_options_free(struct node_options *options)
{
    free_list(options->gateways);
    free_list(options->conditions);
    free((char *)options->machine_root);
    free((char *)options->folder);
    free((char *)options->account);
    free((char *)options->rpc_url);
    free((char *)options->listen_address);
    free((char *)options->public_url);
    free((char *)options->page_host);
    free((char *)options->network_name);
    free((char *)options->webhook);
    free((char *)options->worker_path);
    free((char *)options->signer_path);
    free((char *)options->passphrase.file);
    free((char *)options->node_program);
    free((char *)options->launch_path);
}
