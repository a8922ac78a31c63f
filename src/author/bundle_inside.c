/*
 * What a task's code imports becomes part of what is published, and an import
 * may name any file of the author's. So the sources of a task from elsewhere
 * are held to its folder.
 */
#include "author/bundle.h"
#include "author/deployment_check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

#include <stdlib.h>

/* Of a metafile, which lists every input with its imports. */
#define VALUES_MAX 2000000

static bool is_package_or_own(const char *path, const char *scratch)
{
    char *place = realpath(path, NULL), *own = realpath(scratch, NULL);
    size_t size = own ? strlen(own) : 0;
    bool is =
        place && (strstr(place, "/node_modules/") ||
                  (own && !strncmp(place, own, size) && place[size] == '/'));

    free(place);
    free(own);
    return is;
}

/* esbuild's own, such as "<runtime>", and what a package.json maps to nothing
 * ("(disabled):path") are no files. */
static int check_input(const char *input, const char *folder,
                       const char *scratch)
{
    if (*input == '<' || *input == '(')
        return 0;
    char *path =
        *input == '/' ? mem_text(input) : mem_format("%s/%s", folder, input);
    int status = deployment_is_inside(folder, path);

    if (status && is_package_or_own(path, scratch)) {
        err_clear();
        status = 0;
    }
    free(path);
    return status;
}

int bundle_check_inside(struct bytes metafile, const char *folder,
                        const char *scratch)
{
    struct json_object *tree = NULL, *inputs;
    int status = json_check_values(metafile, VALUES_MAX);

    if (!status)
        status = json_parse(metafile, &tree);
    if (!status)
        status = json_get_object(tree, "inputs", &inputs);
    if (!status) {
        json_object_object_foreach(inputs, input, value)
        {
            (void)value;
            if (!status)
                status = check_input(input, folder, scratch);
        }
    }
    json_object_put(tree);
    return status;
}
