/*
 * esbuild is a program of its own, which the author has: one binary for all
 * that bundlers do. It is started once; a second time, with templates written
 * out, where a character that is not ASCII is left, because such a character
 * may stand in a tagged template, whose raw text would change with it.
 */
#include "author/bundle.h"
#include "author/deployment.h"
#include "base/check.h"
#include "base/embedded.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/program.h"
#include "base/yaml.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The files of shims/. */
extern const struct embedded_file bundle_shims[];

/* esbuild limits the number of its messages; this is far above their size. */
#define MESSAGES_SIZE_MAX (256u << 10)

#define MAP_SIZE_MAX (256u << 20)
#define ARGUMENTS_MAX 48

/* The same for every task. import.meta has no meaning in the form that the
 * engine loads, so what it has is said in other words. */
static const char *const recipe[] = {
    "--bundle",
    "--platform=node",
    "--format=cjs",
    "--minify-whitespace",
    "--minify-syntax",
    "--keep-names",
    "--legal-comments=none",
    "--sourcemap",
    "--charset=ascii",
    "--color=false",
    "--log-level=warning",
    "--external:*.node",
    "--define:import.meta.url=__import_meta_url",
    "--define:import.meta.filename=__filename",
    "--define:import.meta.dirname=__dirname",
    "--banner:js=var __import_meta_url=\"file://\"+encodeURI(__filename);",
};

/* What the engine pond has itself, Express over the node's server. A bundle for
 * Node carries it. */
static const char *const built_in[] = {
    "@_koii/task-manager",
    "@_koii/task-manager/extensions",
    "@_koii/task-manager/namespace-wrapper",
    "@_koii/namespace-wrapper",
    "@_koii/namespace-wrapper/dist/types",
    "@_koii/storage-task-sdk",
    "express",
};

/* Packages that the bundle has from shims/. */
static const struct {
    const char *package;
    const char *shim;
} aliases[] = {
    {"node-fetch", "fetch"},
    {"cross-fetch", "fetch"},
    {"isomorphic-fetch", "fetch"},
    {"node-fetch-native", "fetch"},
    {"abort-controller", "abort-controller"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- esbuild ---- */

/* A build under way. */
struct build {
    const struct bundle_options *options;
    struct bundle *out;
    char scratch[sizeof("/tmp/pond-build-XXXXXX")];
    char *target; /* out->output from the task's folder */
    bool is_for_node;
};

/* The first mistake and its place, as esbuild says them:
 *
 *     ✘ [ERROR] Expected ";" but found "x"
 *
 *         src/task.js:6:16:
 */
static int refuse(const char *messages)
{
    static const char mark[] = "[ERROR] ";
    const char *what = strstr(messages, mark);

    if (!what)
        return err_set(ERR_INVALID, "esbuild can't bundle the task");
    what += strlen(mark);
    size_t size = strcspn(what, "\n");
    const char *place = what + size;
    place += strspn(place, "\n ");
    size_t place_size = strcspn(place, "\n ");
    bool is_place = place_size && place[place_size - 1] == ':';
    return err_set(ERR_INVALID, "esbuild can't bundle the task: %.*s%s%.*s",
                   is_place ? (int)place_size : 0, place, is_place ? " " : "",
                   (int)size, what);
}

static int run(const struct build *build, char **arguments)
{
    const struct program_run esbuild = {
        .words = (const char *const *)arguments,
        .folder = build->options->folder,
        .said_max = MESSAGES_SIZE_MAX,
    };
    bool has_succeeded = false;

    buffer_clear(&build->out->messages);
    int status = program_run(&esbuild, &build->out->messages, &has_succeeded);
    if (!status && !has_succeeded)
        status = refuse(buffer_string(&build->out->messages));
    return status;
}

/* Run esbuild with the recipe and, if it is not NULL, one more option. */
static int run_recipe(const struct build *build, const char *more)
{
    char *arguments[ARGUMENTS_MAX];
    size_t count = 0, own = 1 + COUNT(recipe);

    _Static_assert(COUNT(recipe) + COUNT(aliases) + COUNT(built_in) + 6 <
                       ARGUMENTS_MAX,
                   "room for all arguments");
    arguments[count++] = mem_text("esbuild");
    for (size_t i = 0; i < COUNT(recipe); i++)
        arguments[count++] = mem_text(recipe[i]);
    CHECK(count == own);
    for (size_t i = 0; i < COUNT(aliases); i++)
        arguments[count++] = mem_format("--alias:%s=%s/%s", aliases[i].package,
                                        build->scratch, aliases[i].shim);
    arguments[count++] =
        mem_format("--metafile=%s/metafile.json", build->scratch);
    arguments[count++] = mem_format("--outfile=%s", build->target);
    for (size_t i = 0; i < COUNT(built_in) && !build->is_for_node; i++)
        arguments[count++] = mem_format("--external:%s", built_in[i]);
    if (more)
        arguments[count++] = mem_text(more);
    /* A name that begins with a dash would be an option. */
    arguments[count++] = mem_format("./%s", build->out->entry);
    arguments[count] = NULL;
    int status = run(build, arguments);
    while (count)
        free(arguments[--count]);
    return status;
}

/* ---- before ---- */

/* A field of config-task.yml, which need not be right or there. The caller
 * frees it. */
static char *config_text(struct bytes config, const char *name)
{
    struct json_object *json = NULL;
    const char *value;
    char *found = NULL;

    if (!yaml_parse(config, &json) &&
        json_object_is_type(json, json_type_object) &&
        !json_get_text(json, name, &value))
        found = mem_text(value);
    json_object_put(json);
    return found;
}

static void find_target(struct build *build, struct bytes config)
{
    char *named = config_text(config, "task_audit_program");
    bool is_path =
        named && strlen(named) > 3 && !strcmp(named + strlen(named) - 3, ".js");
    const char *output = build->options->output;

    build->target = mem_text(output    ? output
                             : is_path ? named
                                       : "dist/main.js");
    build->out->output =
        mem_format("%s/%s", build->options->folder, build->target);
    free(named);
}

/* The scratch folder is a stranger's to esbuild, so what lies there is found by
 * its whole path. */
static int write_shims(struct build *build)
{
    int status = 0;

    strcpy(build->scratch, "/tmp/pond-build-XXXXXX");
    if (!mkdtemp(build->scratch)) {
        *build->scratch = 0;
        return err_errno("/tmp");
    }
    for (const struct embedded_file *file = bundle_shims; file->path && !status;
         file++) {
        char *path = mem_format("%s/%s", build->scratch, file->path);
        char *above = file_parent(path);
        status = file_make_folder(above, 0700);
        if (!status)
            status =
                file_replace(path, bytes_make(file->data, file->size), 0600);
        free(above);
        free(path);
    }
    return status;
}

/* ---- after ---- */

static bool is_ascii(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] >= 0x80)
            return false;
    return true;
}

static int read_output(const struct build *build, struct buffer *out)
{
    int status = file_read(build->out->output, DEPLOYMENT_BUNDLE_SIZE_MAX, out);

    return status == ERR_LIMIT
               ? err_set(ERR_LIMIT,
                         "the bundle is larger than the %u MB that nodes take",
                         DEPLOYMENT_BUNDLE_SIZE_MAX >> 20)
               : status;
}

/* Write the map of the escaped source. */
static int move_map(const struct build *build, struct bytes source)
{
    struct buffer text = {0}, mappings = {0};
    struct json_object *map = NULL;
    const char *before;
    char *path = mem_format("%s.map", build->out->output);
    int status = file_read(path, MAP_SIZE_MAX, &text);

    if (!status)
        status = json_parse(buffer_view(&text), &map);
    if (!status)
        status = json_get_text(map, "mappings", &before);
    if (!status) {
        bundle_shift(source, bytes_text(before), &mappings);
        json_object_object_add(
            map, "mappings", json_object_new_string(buffer_string(&mappings)));
        buffer_clear(&text);
        json_text(map, &text);
        status = file_replace(path, buffer_view(&text), 0644);
    }
    json_object_put(map);
    buffer_free(&mappings);
    buffer_free(&text);
    free(path);
    return status;
}

/* Make the output ASCII. Most of them are. */
static int make_ascii(const struct build *build)
{
    struct buffer source = {0}, escaped = {0};
    int status = read_output(build, &source);

    if (!status && !is_ascii(buffer_view(&source))) {
        buffer_clear(&source);
        status = run_recipe(build, "--supported:template-literal=false");
        if (!status)
            status = read_output(build, &source);
        if (!status && !is_ascii(buffer_view(&source))) {
            bundle_escape(buffer_view(&source), &escaped);
            status =
                file_replace(build->out->output, buffer_view(&escaped), 0644);
            if (!status)
                status = move_map(build, buffer_view(&source));
        }
    }
    if (!status)
        build->out->size_bytes = escaped.size ? escaped.size : source.size;
    buffer_free(&escaped);
    buffer_free(&source);
    return status;
}

/* What was made of sources that lie outside is removed again. */
static int check_inside(const struct build *build, struct bytes metafile)
{
    int status = build->options->is_inside
                     ? bundle_check_inside(metafile, build->options->folder,
                                           build->scratch)
                     : 0;

    if (status) {
        char *map = mem_format("%s.map", build->out->output);

        unlink(build->out->output);
        unlink(map);
        free(map);
    }
    return status;
}

static int choose_engine(const struct build *build)
{
    struct buffer metafile = {0};
    char *path = mem_format("%s/metafile.json", build->scratch);
    int status = file_read(path, BUNDLE_METAFILE_SIZE_MAX, &metafile);

    if (!status)
        status = check_inside(build, buffer_view(&metafile));
    if (!status)
        status =
            bundle_choose_engine(buffer_view(&metafile), build->options->folder,
                                 &build->out->engine);
    buffer_free(&metafile);
    free(path);
    return status;
}

/* The author has to bring what the engine pond would have had. */
static int bundle_for_node(struct build *build)
{
    int status = run_recipe(build, NULL);
    const char *messages = buffer_string(&build->out->messages);

    if (status != ERR_INVALID)
        return status;
    for (size_t i = 0; i < COUNT(built_in); i++) {
        char *words = mem_format("Could not resolve \"%s\"", built_in[i]);
        bool is_missing = strstr(messages, words);

        free(words);
        if (is_missing)
            return err_set(ERR_INVALID,
                           "a bundle for Node carries %s, which is not "
                           "installed: `npm install` it in %s",
                           built_in[i], build->options->folder);
    }
    return status;
}

/* Run esbuild, and again if it turns out that the task is one for Node. What
 * config-task.yml says counts. */
static int bundle_for_engine(struct build *build, struct bytes config)
{
    int status = run_recipe(build, NULL);

    if (!status)
        status = choose_engine(build);
    if (status)
        return status;
    char *named = config_text(config, "engine");
    struct bundle_engine *engine = &build->out->engine;

    if (named && !strcmp(named, "node"))
        engine->name = "node";
    else if (named && !strcmp(named, "pond"))
        *engine = (struct bundle_engine){.name = "pond"};
    free(named);
    build->is_for_node = !strcmp(engine->name, "node");
    return build->is_for_node ? bundle_for_node(build) : 0;
}

/* A config that names no engine is given the one that the task needs. Lines are
 * added at its end, so that nothing of the author's changes. */
static int write_engine(const struct build *build, const char *path,
                        struct buffer *config)
{
    char *named = config_text(buffer_view(config), "engine");
    bool is_due = config->size && !named && *build->out->engine.reason;

    free(named);
    if (!is_due)
        return 0;
    if (config->data[config->size - 1] != '\n')
        buffer_text(config, "\n");
    buffer_format(config, "\n# The task needs Node: %s.\nengine: \"%s\"\n",
                  build->out->engine.reason, build->out->engine.name);
    int status = file_replace(path, buffer_view(config), 0644);
    build->out->config_changed = !status;
    return status;
}

/* ---- the build ---- */

int bundle_build(const struct bundle_options *options, struct bundle *out)
{
    struct build build = {.options = options, .out = out};
    struct buffer config = {0};
    char *config_path =
        mem_format("%s/%s", options->folder,
                   options->config ? options->config : "config-task.yml");
    int status = 0;

    *out = (struct bundle){.engine = {.name = "pond"}};
    if (!file_exists(options->folder))
        status =
            err_set(ERR_NOT_FOUND, "there is no folder %s", options->folder);
    if (!status && file_exists(config_path))
        status = file_read(config_path, DEPLOYMENT_CONFIG_SIZE_MAX, &config);
    if (!status)
        status = bundle_entry(options, &out->entry);
    if (status)
        goto err0;
    find_target(&build, buffer_view(&config));
    if ((status = write_shims(&build)) ||
        (status = bundle_for_engine(&build, buffer_view(&config))) ||
        (status = make_ascii(&build)))
        goto err1;
    status = write_engine(&build, config_path, &config);
err1:
    if (*build.scratch)
        file_remove_tree(build.scratch);
    free(build.target);
err0:
    buffer_free(&config);
    free(config_path);
    return status;
}

void bundle_free(struct bundle *bundle)
{
    free(bundle->entry);
    free(bundle->output);
    buffer_free(&bundle->messages);
    *bundle = (struct bundle){0};
}
