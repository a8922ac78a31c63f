/*
 * Build tool: writes the C source of worker_library_sources[] from JavaScript
 * files.
 *
 *     embed OUTPUT FILE...    FILE is .../js/NAME.js
 *
 * Indentation and comments that fill a whole line are left out, because the
 * engine would only skip them at every start. Lines keep their numbers. Bundled
 * packages, .../js/packages/NAME.js, have neither and stay as they are.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A build tool stops at the first mistake. */
static void fail(const char *what, const char *path)
{
    fprintf(stderr, "embed: %s: %s\n", path, what);
    exit(1);
}

/* The part of the line that the engine needs. In a block comment every line
 * begins with a star. */
static const char *essence(const char *line)
{
    while (*line == ' ')
        line++;
    if (!strncmp(line, "//", 2) || !strncmp(line, "/*", 2) ||
        !strncmp(line, "* ", 2) || !strcmp(line, "*\n") ||
        !strncmp(line, "*/", 2))
        return "\n";
    return line;
}

/* Each line becomes a C string literal. The compiler joins them. */
static void embed_line(FILE *output, const char *line, const char *path)
{
    fputs("    \"", output);
    for (; *line; line++) {
        unsigned char byte = (unsigned char)*line;
        if (byte == '\n')
            fputs("\\n", output);
        else if (byte == '"' || byte == '\\' || byte == '?')
            /* Two question marks could begin a trigraph. */
            fprintf(output, "\\%c", byte);
        else if (byte < 0x20 || byte >= 0x7f)
            fail("not plain ASCII", path);
        else
            fputc(byte, output);
    }
    fputs("\"\n", output);
}

/* The name is the path below js/ without its ending. */
static void embed_file(FILE *output, const char *path)
{
    char *line = NULL;
    size_t room = 0;
    const char *name = strstr(path, "/js/");
    size_t size = name ? strlen(name + 4) : 0;
    /* A wrong file must end the build. */
    if (size < 4 || strcmp(name + 4 + size - 3, ".js") != 0)
        fail("not .../js/NAME.js", path);
    FILE *input = fopen(path, "r");
    if (!input)
        fail("can't open", path);
    fprintf(output, "  {\"%.*s\",\n", (int)(size - 3), name + 4);
    /* A line of a package's text might look like one of a comment. */
    bool is_bundled = !strncmp(name + 4, "packages/", 9);
    while (getline(&line, &room, input) > 0) {
        if (!strchr(line, '\n'))
            fail("no line break at the end", path);
        embed_line(output, is_bundled ? line : essence(line), path);
    }
    free(line);
    fputs("  },\n", output);
    fclose(input);
}

/* A zero entry at the end, as worker_library.h says. */
int main(int count, char **arguments)
{
    if (count < 3) {
        fprintf(stderr, "usage: embed OUTPUT FILE...\n");
        return 2;
    }
    FILE *output = fopen(arguments[1], "w");
    if (!output)
        fail("can't write", arguments[1]);
    fputs("#include \"runtime/worker/worker_library.h\"\n\n"
          "const struct worker_library_source worker_library_sources[] = {\n",
          output);
    for (int i = 2; i < count; i++)
        embed_file(output, arguments[i]);
    fputs("  {0},\n};\n", output);
    return fclose(output) ? 1 : 0;
}
