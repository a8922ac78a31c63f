#include "node/reach/engine_name.h"

#include "base/error.h"

#include <string.h>

static const char *const names[] = {
    [NODE_ENGINE_UNSET] = "",
    [NODE_ENGINE_AUTO] = "auto",
    [NODE_ENGINE_POND] = "pond",
    [NODE_ENGINE_NODE] = "node",
};

const char *engine_name(enum node_engine engine)
{
    return names[engine];
}

int engine_name_parse(const char *name, enum node_engine *out)
{
    for (enum node_engine engine = NODE_ENGINE_AUTO; engine <= NODE_ENGINE_NODE;
         engine++)
        if (!strcmp(name, names[engine])) {
            *out = engine;
            return 0;
        }
    return err_set(ERR_INVALID, "'%.40s' is no engine: auto, pond or node",
                   name);
}
