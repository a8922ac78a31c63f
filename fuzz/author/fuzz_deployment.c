/*
 * config-task.yml: any text is read or refused, and what is read can be
 * written as metadata and as terms.
 */
#include "author/deployment.h"
#include "author/deployment_terms.h"
#include "base/buffer.h"
#include "base/error.h"

#include <string.h>

/* With mints of few, usual and many decimals. */
static void create_kpl(const struct deployment *deployment,
                       const struct deployment_content *content)
{
    static const uint8_t decimals[] = {0, 9, 12, 255};
    static const uint8_t seed[32];
    struct keypair key;

    crypto_init();
    keypair_from_seed(seed, &key);
    for (size_t i = 0; i < sizeof(decimals); i++) {
        struct recipe recipe;

        recipe_init(&recipe, &key.pubkey);
        deployment_create_kpl(deployment, content, &key.pubkey, &key.pubkey,
                              decimals[i], &recipe);
        recipe_free(&recipe);
    }
}

/* All mistakes in place of the first: what is refused is refused by either. */
static void find_all(struct bytes yaml, int status)
{
    struct deployment_problems problems = {0};
    const struct deployment_reading reading = {.problems = &problems};
    struct deployment deployment;
    int all =
        deployment_parse_as(yaml, "/nonexistent/folder", &reading, &deployment);

    if (!all != !status || (status == ERR_INVALID && !problems.count))
        __builtin_trap();
    for (size_t i = 0; i < problems.count; i++) {
        const struct deployment_problem *problem = &problems.list[i];

        if (!*problem->text || problem->line > yaml.size + 1 ||
            (*problem->source && !problem->line))
            __builtin_trap();
    }
    deployment_free(&deployment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct deployment_content content = {
        .executable_cid = "bafyexecutable", .metadata_cid = "bafymetadata"};
    struct deployment deployment;
    struct buffer metadata = {0};
    struct task_terms terms;

    /* A folder that can't be there: nothing outside is read. */
    int status = deployment_parse(bytes_make(data, size), "/nonexistent/folder",
                                  &deployment);
    find_all(bytes_make(data, size), status);
    if (status)
        return 0;
    deployment_metadata(&deployment, 1, &metadata);
    if (!bytes_is_utf8(buffer_view(&metadata)))
        __builtin_trap();
    if (deployment.is_kpl)
        create_kpl(&deployment, &content);
    if (!strcmp(deployment.executable_network, "IPFS")) {
        deployment_terms(&deployment, &content, &terms);
        if (terms.round_time < terms.audit_window + terms.submission_window)
            __builtin_trap();
    }
    buffer_free(&metadata);
    deployment_free(&deployment);
    return 0;
}
