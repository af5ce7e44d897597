import { changeMe, type ProfileBody } from "@/api";

export async function changeName(name: string): Promise<ProfileBody> {
  return (await changeMe({ body: { name } })).data;
}
