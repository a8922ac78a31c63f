/*
 * config-task.yml: any text is read or refused, and what is read can be
 * written as metadata and as terms.
 */
#include "author/deployment.h"
#include "author/deployment_terms.h"
#include "base/buffer.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct deployment_content content = {
        .executable_cid = "bafyexecutable", .metadata_cid = "bafymetadata"};
    struct deployment deployment;
    struct buffer metadata = {0};
    struct task_terms terms;

    /* A folder that can't be there: nothing outside is read. */
    if (deployment_parse(bytes_make(data, size), "/nonexistent/folder",
                         &deployment) < 0)
        return 0;
    deployment_metadata(&deployment, 1, &metadata);
    if (!bytes_is_utf8(buffer_view(&metadata)))
        __builtin_trap();
    if (!strcmp(deployment.executable_network, "IPFS")) {
        deployment_terms(&deployment, &content, &terms);
        if (terms.round_time < terms.audit_window + terms.submission_window)
            __builtin_trap();
    }
    buffer_free(&metadata);
    deployment_free(&deployment);
    return 0;
}
