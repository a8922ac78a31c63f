/*
 * A deployment's files into the store of the node that runs on this machine.
 *
 * The node alone writes to its store, so it is asked to take them. What it is
 * shown are copies in its own folder, which both can read: they are what was
 * checked here, and what the node says of them has to be that, too.
 */
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/node_face.h"
#include "cli/task_deploy.h"

#include <stdlib.h>

/* A node's folder has no other files of this name: a command that was killed
 * leaves it to the next one. */
#define FOLDER "deploying"

static int ask(struct cli *cli, const char *folder, const char *name,
               const char *cid)
{
    struct buffer body = {0};
    struct json_writer writer = json_writer_make(&body);
    struct json_object *answer = NULL;
    const char *kept;

    json_open_object(&writer);
    json_field_text(&writer, "path", folder);
    json_name(&writer, "name");
    json_write_bytes(&writer, bytes_text(name));
    json_close_object(&writer);
    int status =
        node_face_ask_json_long(cli, "/keep", buffer_string(&body), &answer);
    if (!status)
        status = json_get_text(answer, "cid", &kept);
    if (!status && strcmp(kept, cid) != 0)
        status = err_set(ERR_CORRUPT, "the node has kept %s in place of %s",
                         kept, cid);
    json_object_put(answer);
    buffer_free(&body);
    return status;
}

static int keep(struct cli *cli, const char *above, const char *file,
                const struct buffer *data, const char *name, const char *cid)
{
    char *folder = mem_format("%s/%s", above, cid);
    char *path = mem_format("%s/%s", folder, file);
    int status = file_make_folder(folder, 0700);

    if (!status)
        status = file_replace(path, buffer_view(data), 0600);
    if (!status)
        status = ask(cli, folder, name, cid);
    free(path);
    free(folder);
    return status;
}

int cli_deploy_keep(struct cli *cli, const struct deployment_files *files,
                    const char *name)
{
    struct control_client control;
    int status = node_face_connect(cli, &control);

    if (status)
        return status;
    char *given = node_face_folder(cli), *node = realpath(given, NULL);
    char *above = mem_format("%s/" FOLDER, node ? node : given);
    if (!node)
        status = err_errno("%s", given);
    if (!status)
        status = keep(cli, above, DEPLOYMENT_BUNDLE_NAME, &files->bundle, name,
                      files->content.executable_cid);
    if (!status)
        status = keep(cli, above, DEPLOYMENT_METADATA_NAME, &files->metadata,
                      name, files->content.metadata_cid);
    if (node)
        (void)file_remove_tree(above);
    free(above);
    free(node);
    free(given);
    return status;
}
