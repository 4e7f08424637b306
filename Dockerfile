# The workspace beside a ROS distribution:
#   docker build -t dynsyn . && docker run --rm -it --network host dynsyn
ARG ROS_DISTRO=jazzy
FROM ros:${ROS_DISTRO}-ros-base
RUN apt-get update \
  && apt-get install -y --no-install-recommends \
    build-essential make python3-dev python3-numpy python3-pip python3-venv \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/dynsyn
COPY . .
RUN . "/opt/ros/${ROS_DISTRO}/setup.sh" && make setup
CMD [".venv/bin/dynsyn", "sim", "walker"]
