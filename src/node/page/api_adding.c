/*
 * One more wallet for a node that has its keys: a first run of its own, from
 * the step at which a wallet is chosen.
 */
#include "node/page/api_state.h"

#include "base/error.h"
#include "base/memory.h"
#include "node/page/setup.h"

#include <stdlib.h>

struct setup *api_adding(const struct api *api)
{
    return api->adding;
}

const char *api_adding_name(const struct api *api)
{
    return api->adding_name;
}

static void on_closed(void *user)
{
    struct api *api = user;

    api->parts_open--;
    api_free_if_done(api);
}

/* What it has under way comes to its end; its secrets are gone with it. */
void api_end_adding(struct api *api)
{
    if (!api->adding)
        return;
    setup_close(api->adding, on_closed, api);
    api->adding = NULL;
    free(api->adding_name);
    api->adding_name = NULL;
}

void api_close_adding(struct api *api)
{
    api_end_adding(api);
}

/* Its keys are written. */
static void on_added(void *user)
{
    api_end_adding(user);
}

int api_begin_adding(struct api *api, const char *name, struct bytes passphrase)
{
    if (api->is_closing)
        return err_set(ERR_CANCELLED, "the node is stopping");
    if (api->adding && setup_is_busy(api->adding))
        return err_set(ERR_BUSY, "another wallet is being written");
    api_end_adding(api);
    api->adding_name = mem_text(name);
    const struct setup_options options = {.loop = api->options.loop,
                                          .folder = api->folder,
                                          .account = api->adding_name,
                                          .is_added = true,
                                          .passphrase = passphrase,
                                          .opened = on_added,
                                          .user = api};
    api->adding = setup_new(&options);
    api->parts_open++;
    return 0;
}
