"""Takes cfn-guard for this machine out of AWS's plugin for the CDK."""

import pathlib
import platform
import shutil
import sys
import sysconfig
import tarfile

SYSTEMS = {"Linux": "ubuntu", "Darwin": "macos"}
MACHINES = {"x86_64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}

machine = f"{platform.system()} on {platform.machine()}"
try:
    system, processor = SYSTEMS[platform.system()], MACHINES[platform.machine()]
except KeyError:
    sys.exit(f"the package has no cfn-guard for {machine}")

packages = pathlib.Path(sysconfig.get_path("purelib"))
archive = next(packages.glob("cdklabs/cdk_validator_cfnguard/_jsii/*.tgz"))
program = pathlib.Path(sys.argv[1])
with tarfile.open(archive) as opened:
    member = f"package/bin/{system}/{processor}/cfn-guard"
    with opened.extractfile(member) as source, program.open("wb") as target:
        shutil.copyfileobj(source, target)
program.chmod(0o755)
