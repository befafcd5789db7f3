"""Machines that a network connects, on this one: network namespaces on a bridge, which parts when told to."""
import os
import subprocess


def ip(*words):
    subprocess.run(["ip", *map(str, words)], check=True, stdout=subprocess.DEVNULL)


class Network:
    """One namespace for each name, and one that holds the bridge, where people are.

    The other bridge is where those go who are cut off: they reach each other, and nobody else.
    """
    SUBNET = "10.78.0"

    def __init__(self, names):
        self.prefix = f"confab-faults-{os.getpid()}-"
        self.names = names
        self.hub = self.prefix + "people"
        self.made = []
        try:
            self.make()
        except BaseException:
            self.remove()
            raise

    def make(self):
        self.add(self.hub)
        for bridge in ("here", "apart"):
            ip("-n", self.hub, "link", "add", bridge, "type", "bridge")
            ip("-n", self.hub, "link", "set", bridge, "up")
        ip("-n", self.hub, "address", "add", f"{self.SUBNET}.1/24", "dev", "here")
        for name in self.names:
            space = self.prefix + name
            self.add(space)
            ip("-n", self.hub, "link", "add", name, "type", "veth", "peer", "name", "net", "netns", space)
            ip("-n", self.hub, "link", "set", name, "master", "here", "up")
            ip("-n", space, "address", "add", f"{self.address(name)}/24", "dev", "net")
            ip("-n", space, "link", "set", "net", "up")

    def add(self, space):
        ip("netns", "add", space)
        self.made.append(space)
        ip("-n", space, "link", "set", "lo", "up")

    def address(self, name):
        return f"{self.SUBNET}.{10 + self.names.index(name)}"

    def inside(self, name, arguments):
        """The command that runs another one in a namespace; the process keeps its id."""
        space = self.hub if name is None else self.prefix + name
        return ["ip", "netns", "exec", space, *arguments]

    def part(self, names):
        for name in names:
            ip("-n", self.hub, "link", "set", name, "master", "apart")

    def join(self, names):
        for name in names:
            ip("-n", self.hub, "link", "set", name, "master", "here")

    def remove(self):
        for space in reversed(self.made):
            subprocess.run(["ip", "netns", "delete", space], check=False)
        self.made = []


class Loopback:
    """The same without namespaces: nobody can be cut off."""
    hub = None

    def address(self, name):
        return "127.0.0.1"

    def inside(self, name, arguments):
        return arguments

    def remove(self):
        pass
