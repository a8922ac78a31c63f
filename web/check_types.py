#!/usr/bin/env python3
"""Check the types that the page's comments name: check_types.py

Runs TypeScript's compiler over web/, which writes nothing. Debian's is in
node-typescript; the libraries' types come with them (.ci/npm).
"""
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent


def main():
    done = subprocess.run([ROOT / ".ci" / "npm", HERE], text=True,
                          stdout=subprocess.PIPE)
    if done.returncode:
        return 1  # the reason is said
    modules = pathlib.Path(done.stdout.strip()) / "node_modules"
    options = {
        "allowJs": True, "checkJs": True, "noEmit": True, "strict": True,
        "noUnusedLocals": True, "noUnusedParameters": True,
        "noImplicitReturns": True, "noFallthroughCasesInSwitch": True,
        "target": "es2022", "lib": ["es2022", "dom", "dom.iterable"],
        "module": "es2022", "moduleResolution": "node",
        "resolveJsonModule": True, "allowSyntheticDefaultImports": True, 
        "skipLibCheck": True, "types": [],
        "jsx": "react-jsx", "jsxImportSource": "preact",
        "baseUrl": str(modules), "paths": {"*": ["*"]},
    }
    include = [str(HERE / pattern) for pattern in (
        "*.js", "*.jsx", "*.d.ts", "core/*", "parts/*", "screens/*",
        "explorer/*", "texts/*.js")]
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "tsconfig.json"
        config.write_text(json.dumps(
            {"compilerOptions": options, "include": include}))
        try:
            return subprocess.run(["tsc", "-p", config], cwd=HERE).returncode
        except OSError as error:
            sys.exit(f"tsc: {error}; on Debian: apt-get install "
                     "node-typescript")


if __name__ == "__main__":
    sys.exit(main())
