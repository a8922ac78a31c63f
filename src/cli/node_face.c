#include "cli/node_face.h"
#include "base/error.h"
#include "base/memory.h"
#include "cli/settings.h"
#include "node/control_client.h"

#include <stdlib.h>

char *node_face_folder(const struct cli *cli)
{
    const char *environment = getenv("POND_NODE");

    if (cli->node_folder)
        return mem_text(cli->node_folder);
    if (environment && *environment)
        return mem_text(environment);
    return settings_data_path("node");
}

static int connect_to(struct cli *cli, struct control_client *out)
{
    char *folder = node_face_folder(cli);
    int status = control_client_read(folder, out);

    if (status == ERR_NOT_FOUND)
        cli_hint(cli, status,
                 "start one with `pond node`, or name its folder with "
                 "--node-dir (a node of `pond up` is DIR/node-1 and so on)");
    free(folder);
    return status;
}

static int hinted(struct cli *cli, int status)
{
    if (status == ERR_NETWORK)
        cli_hint(cli, status,
                 "it has ended without removing its control.json: start it "
                 "again with `pond node`");
    return status;
}

int node_face_ask(struct cli *cli, const char *path, const char *body,
                  struct buffer *answer)
{
    struct control_client control;
    int status = connect_to(cli, &control);

    if (status < 0)
        return status;
    return hinted(cli, control_client_ask(&control, path, body, answer));
}

int node_face_ask_json(struct cli *cli, const char *path, const char *body,
                       struct json_object **out)
{
    struct control_client control;
    int status = connect_to(cli, &control);

    if (status < 0)
        return status;
    return hinted(cli, control_client_ask_json(&control, path, body, out));
}
