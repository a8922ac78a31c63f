/* Paths are made anew for each question: tests and scripts change the
 * environment. */
#include "cli/settings_path.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>

/* Relative values of the XDG variables are to be ignored (XDG Base Directory
 * Specification). Without a home the folder is the one that the command runs
 * in. */
static char *home_path(const char *variable, const char *in_home,
                       const char *rest)
{
    CHECK(variable && in_home && rest);
    const char *base = getenv(variable);
    const char *home = getenv("HOME");

    if (base && *base == '/')
        return mem_format("%s/%s", base, rest);
    return mem_format("%s/%s/%s", home && *home ? home : ".", in_home, rest);
}

/* Settings of this program and of those it can take over from lie side by side
 * there. */
char *settings_config_path(const char *name)
{
    return home_path("XDG_CONFIG_HOME", ".config", name);
}

/* Of this program's own settings. */
char *settings_path(const char *name)
{
    CHECK(name);
    char *rest = mem_format("pond/%s", name);
    char *path = settings_config_path(rest);

    free(rest);
    return path;
}

/* Data lies apart from settings, because it can be large and does not belong on
 * another machine. */
char *settings_data_path(const char *name)
{
    CHECK(name);
    char *rest = mem_format("pond/%s", name);
    char *path = home_path("XDG_DATA_HOME", ".local/share", rest);

    free(rest);
    return path;
}
